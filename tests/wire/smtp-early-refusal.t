protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250-PIPELINING
S: 250-SMTPUTF8
S: 250 SIZE 1000
= OK

# A reply while the message is still on its way: the rest goes out all the
# same, since the server counts on the dot.
> MAIL FROM:<a@x.example>
> RCPT TO:<b@x.example>
> DATA
>< {3000000*x}\r\n
C: MAIL FROM:<a@x.example>
C: RCPT TO:<b@x.example>
C: DATA
S: 250 ok
S: 250 ok
DEAF
S: 354 go
= OK
= OK
= SENDING
S: 552 5.3.4 too big
= SENDING
HEAR
C: {3000000*x}
C: .
= NO too big
> RSET
C: RSET
S: 250 ok
= OK
