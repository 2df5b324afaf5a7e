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

send MAIL ""
C: MAIL FROM:<>
S: 250 ok
= OK
send RCPT "j\xc3\xb8rgen@x.example"
C: RCPT TO:<j\xc3\xb8rgen@x.example>
S: 250 ok
= OK
send RCPT "b@x.example> NOTIFY=NEVER"
= REFUSED use
send RCPT "b@x.example\x00"
= REFUSED use
quiet
