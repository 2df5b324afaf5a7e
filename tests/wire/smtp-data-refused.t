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

# RFC 2920 3.1: a 354 although nobody is there: the body is left out.
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
> DATA
>< secret plans\r\n
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: DATA
S: 250 ok
S: 550 no
S: 503 no recipients
= OK
= NO
= NO no recipients
quiet
> RSET
C: RSET
S: 250 ok
= OK
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
send DATA
>< secret plans\r\n
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: DATA
S: 250 ok
S: 550 no
S: 354 go
C: .
S: 554 no valid recipients
= OK
= NO
= NO no valid recipients
state ready

# DATA that is refused before its 354 leaves sender and recipients as they were.
> MAIL FROM:<a@x.example>
C: MAIL FROM:<a@x.example>
S: 250 ok
= OK
> DATA
C: DATA
S: 503 no recipients
= NO no recipients
state mail
> RCPT TO:<b@x.example>
C: RCPT TO:<b@x.example>
S: 250 ok
= OK
> DATA
C: DATA
S: 451 not now
= NO not now
state rcpt
describe (1 rcpt)
