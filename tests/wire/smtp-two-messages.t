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

# RFC 2920 3.1: the next MAIL may go behind the dot of the last message.
> MAIL FROM:<>
> RCPT TO:<b@x.example>
> DATA
>< one\r\n
> MAIL FROM:<>
> RCPT TO:<c@x.example>
> DATA
>< two\r\n
C: MAIL FROM:<>
C: RCPT TO:<b@x.example>
C: DATA
quiet
S: 250 ok
S: 250 ok
S: 354 go
C: one
C: .
C: MAIL FROM:<>
C: RCPT TO:<c@x.example>
C: DATA
quiet
= OK
= OK
S: 250 queued 1
S: 250 ok
S: 250 ok
= OK queued 1
= OK
= OK
S: 354 go
C: two
C: .
S: 451 4.3.0 try again
= NO try again
field temporary yes
