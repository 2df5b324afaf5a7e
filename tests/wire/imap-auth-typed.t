protocol imap
S: * OK ready
= OK ready

# Who logs in is not known, but it is not the mechanism.
> AUTHENTICATE PLAIN
C: a1 AUTHENTICATE PLAIN
S: + 
= ASKED
! AHRpbQB0YW5zdGFhZnRhbnN0YWFm
C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: a1 OK in
= OK in
state authenticated
user 
