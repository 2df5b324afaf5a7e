S: * OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] ready
= OK
auth CRAM-MD5 tim tanstaaftanstaaf
C: a1 AUTHENTICATE CRAM-MD5
S: + {100000*A}
C: *
S: a1 BAD cancelled
= ERROR limit a challenge of the login is too long
phase open
