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

# A challenge that is no base64: the exchange is cancelled (RFC 4954 4).
auth LOGIN tim tanstaaftanstaaf
C: AUTH LOGIN
S: 334 not base64!
C: *
S: 501 cancelled
= ERROR
