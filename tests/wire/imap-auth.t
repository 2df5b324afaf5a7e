S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
= OK
auth PLAIN tim tanstaaftanstaaf initial
C: a1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: a1 NO [AUTHENTICATIONFAILED] no
= NO no
auth PLAIN tim tanstaaftanstaaf
C: a2 AUTHENTICATE PLAIN
S: + 
C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: a2 OK in
= OK in
user tim
state authenticated
untraced AHRpbQ
