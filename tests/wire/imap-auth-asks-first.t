# PLAIN has nothing to answer to.
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
= OK
auth PLAIN tim tanstaaftanstaaf
C: a1 AUTHENTICATE PLAIN
S: + cGFzc3dvcmQ/
C: *
S: a1 BAD cancelled
= ERROR proto asks before the client has spoken
phase open
