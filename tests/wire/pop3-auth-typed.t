protocol pop3
S: +OK
= OK
> AUTH
C: AUTH
S: +OK
S: PLAIN
S: LOGIN
S: .
= OK
body 0 PLAIN\r\nLOGIN\r\n
state authorization
> AUTH PLAIN
C: AUTH PLAIN
S: + 
= ASKED
! AHRpbQB0YW5zdGFhZnRhbnN0YWFm
C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: +OK in
= OK in
state transaction
user 
