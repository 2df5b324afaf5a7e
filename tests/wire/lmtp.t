# RFC 2033 4.2: a reply for each recipient that was accepted.
S: 220 mail.example.org LMTP
= OK
> LHLO me
C: LHLO me
S: 250-mail.example.org
S: 250 PIPELINING
= OK
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
> RCPT TO:<c@x.example>
> RCPT TO:<d@x.example>
> DATA
>< hi\r\n
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: RCPT TO:<c@x.example>
C: RCPT TO:<d@x.example>
C: DATA
S: 250 ok
S: 250 ok
S: 550 no
S: 250 ok
= OK
= OK
= NO
= OK
S: 354 go
C: hi
C: .
S: 250 2.1.5 b has it
= WAITING
S: 452 4.2.2 d is full
= NO d is full
. 354 go
. 250 2.1.5 b has it
. 452 4.2.2 d is full
> EHLO me
C: EHLO me
S: 500 what
= NO what
