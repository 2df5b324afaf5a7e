# RFC 2449 6.6: several commands at once where the server offers it.
protocol pop3
S: +OK
= OK
> STAT
> NOOP
C: STAT
quiet
S: +OK 3 300
= OK 3 300
C: NOOP
S: +OK
= OK
> CAPA
C: CAPA
S: +OK
S: PIPELINING
S: SASL PLAIN LOGIN
S: .
= OK
capability PIPELINING 
capability SASL PLAIN LOGIN
capability STLS -
> RETR 1
> DELE 1
> RETR 2
C: RETR 1
C: DELE 1
C: RETR 2
S: +OK
S: one
S: .
S: +OK deleted
S: +OK
S: two
S: .
= OK
body 0 one\r\n
= OK deleted
= OK
body 0 two\r\n
> NOOP
> QUIT
> NOOP
C: NOOP
C: QUIT
quiet
S: +OK
S: +OK bye
= OK
= OK bye
CLOSE
= ERROR closed
