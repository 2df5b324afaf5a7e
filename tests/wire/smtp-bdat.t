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

# RFC 3030 2: exactly so many octets, and no waiting.  Line ends become CRLF,
# dots stay.
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
> BDAT
>< .a\r\nb\n
> MAIL FROM:<a@x.example>
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: BDAT 7 LAST
C: .a
C: b
C: MAIL FROM:<a@x.example>
S: 250 ok
S: 250 ok
S: 250 queued
S: 250 ok
= OK
= OK
= OK queued
= OK
state mail

# Without a file there is nothing to send; an end without octets is one.
> bdat 5
= REFUSED use BDAT
> BDAT 7 LAST
= REFUSED use BDAT
> BDAT 0 LAST
C: BDAT 0 LAST
S: 250 ok
= OK
