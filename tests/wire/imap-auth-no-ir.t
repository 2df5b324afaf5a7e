# No initial response where the server does not offer SASL-IR (RFC 4959).
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
= OK
auth PLAIN tim tanstaaftanstaaf initial
C: a1 AUTHENTICATE PLAIN
quiet
S: +
C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: a1 OK in
= OK in
