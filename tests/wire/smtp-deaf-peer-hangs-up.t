protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250-PIPELINING
S: 250-SMTPUTF8
S: 250 SIZE 1000
= OK

# The server goes away in the middle of the message, having said why.
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
> DATA
>< {3000000*x}\r\n
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: DATA
S: 250 ok
S: 250 ok
DEAF
S: 354 go
S: 421 4.3.2 disk on fire
CLOSE
= OK
= OK
= ERROR
phase closed
