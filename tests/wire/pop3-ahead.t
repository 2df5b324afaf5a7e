# Where no PIPELINING is offered, ahead means nothing (RFC 2449 6.6).
protocol pop3
S: +OK ready
= OK
send CAPA
C: CAPA
S: +OK
S: USER
S: .
= OK
ahead USER tim
ahead PASS secret
C: USER tim
quiet
S: +OK
C: PASS secret
S: +OK
= OK
= OK
