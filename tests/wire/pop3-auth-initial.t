# RFC 5034 4: an initial response goes with the command.
protocol pop3
S: +OK
= OK
auth PLAIN tim tanstaaftanstaaf initial
C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: +OK welcome
= OK welcome
untraced AHRpbQ
user tim
state transaction
