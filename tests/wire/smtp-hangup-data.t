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

> MAIL FROM:<>
> RCPT TO:<b@x.example>
> DATA
>< one\r\n
C: MAIL FROM:<>
C: RCPT TO:<b@x.example>
C: DATA
S: 250 ok
S: 250 ok
S: 354 go
C: one
C: .
CLOSE
= OK
= OK
= ERROR closed before its reply to DATA
