protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250-PIPELINING
S: 250-CHUNKING
S: 250-AUTH PLAIN LOGIN
S: 250 SIZE 1000
= OK

> AUTH PLAIN
C: AUTH PLAIN
S: 334 
= ASKED
! AHRpbQB0YW5zdGFhZnRhbnN0YWFm
C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: 235 ok
= OK ok
> AUTH LOGIN
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
= ASKED VXNlcm5hbWU6
! *
C: *
S: 501 cancelled
= NO cancelled
