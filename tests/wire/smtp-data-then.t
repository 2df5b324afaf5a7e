# What is typed behind a DATA that will ask must not become the message.
protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250 PIPELINING
= OK
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
> DATA
> RSET
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: DATA
quiet
S: 250 ok
S: 250 ok
S: 354 go
= OK
= OK
= ASKED go
quiet
!< hi\n
C: hi
C: .
S: 250 queued
C: RSET
S: 250 ok
= OK queued
= OK
