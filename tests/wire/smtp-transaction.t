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

# RFC 2920 3.1: DATA ends the group, and waits for its 354.
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
> RCPT TO:<c@x.example>
> DATA
>< Subject: s\r\n\r\n.dot\r\nbare\nend
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: RCPT TO:<c@x.example>
C: DATA
quiet
S: 250 2.1.0 ok
S: 250 2.1.5 ok
S: 550 5.1.1 who?
= OK ok
= OK ok
= NO who?
field enhanced 5.1.1
field temporary no
state rcpt
describe (1 rcpt)
S: 354 go on
C: Subject: s
C: 
C: ..dot
C: bare
C: end
C: .
S: 250 2.0.0 queued
= OK queued
state ready
