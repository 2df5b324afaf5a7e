# A success before the mechanism is satisfied is none.
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
= OK
auth PLAIN tim tanstaaftanstaaf
C: a1 AUTHENTICATE PLAIN
S: a1 OK come in
= ERROR auth PLAIN: the server claims success before the login is over
state not authenticated
phase closed
