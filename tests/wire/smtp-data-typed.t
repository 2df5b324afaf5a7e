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

# Without a body, DATA asks for one.
> MAIL FROM:<a@x.example>
C: MAIL FROM:<a@x.example>
S: 250 ok
= OK
> RCPT TO:<b@x.example>
C: RCPT TO:<b@x.example>
S: 250 ok
= OK
> DATA
C: DATA
= WAITING
S: 354 End with a dot
= ASKED End with a dot
!< .hello\n
C: ..hello
C: .
S: 250 queued
= OK queued
