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

# RFC 3030 2: exactly so many octets, and no waiting.
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
> BDAT 7
>< .a\r\nb\r\n
> BDAT 2 LAST
>< c\n
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: BDAT 7
C: .a
C: b
C: BDAT 2 LAST
C: c\n\
S: 250 ok
S: 250 ok
S: 250 7 octets
S: 250 queued
= OK
= OK
= OK 7 octets
= OK queued
state ready
