# RFC 2033 4.2: as many replies when the message is given on asking.
protocol lmtp
S: 220 mail.example.org
= OK
> LHLO me
C: LHLO me
S: 250 mail.example.org
= OK
> MAIL FROM:<>
C: MAIL FROM:<>
S: 250 ok
= OK
> RCPT TO:<b@x.example>
C: RCPT TO:<b@x.example>
S: 250 ok
= OK
> RCPT TO:<c@x.example>
C: RCPT TO:<c@x.example>
S: 250 ok
= OK
> DATA
C: DATA
S: 354 go
= ASKED go
!< hi\n
C: hi
C: .
S: 250 b
= WAITING
S: 250 c
= OK c
> NOOP
C: NOOP
S: 250 ok
= OK
event -
