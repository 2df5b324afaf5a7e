protocol smtp
S: 220 hi
= OK
> EHLO me
C: EHLO me
S: 250 hi
= OK
send MAIL "j\xc3\xb8rgen@x.example"
= REFUSED use SMTPUTF8
