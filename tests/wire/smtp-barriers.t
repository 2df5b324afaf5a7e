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

# RFC 2920 3.1: nothing behind VRFY or NOOP before its reply; EHLO alone.
> RSET
> NOOP
> RSET
> VRFY a
> EHLO me
> RSET
C: RSET
C: NOOP
quiet
S: 250 ok
S: 250 ok
C: RSET
C: VRFY a
quiet
S: 250 ok
quiet
S: 252 perhaps
C: EHLO me
quiet
S: 250 PIPELINING
C: RSET
S: 250 ok
= OK
= OK
= OK
= OK
= OK
= OK
