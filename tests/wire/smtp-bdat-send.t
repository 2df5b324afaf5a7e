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

# A body alone is the last chunk, and its size is put in.
send MAIL a@x.example
C: MAIL FROM:<a@x.example>
S: 250 ok
= OK
send RCPT b@x.example NOTIFY=NEVER
C: RCPT TO:<b@x.example> NOTIFY=NEVER
S: 250 ok
= OK
send BDAT
>< hello\r\n
C: BDAT 7 LAST
C: hello
S: 250 ok
= OK
send MAIL "a@x.example>\r\nRSET"
= REFUSED use
send MAIL "a b@x.example"
= REFUSED use
quiet
