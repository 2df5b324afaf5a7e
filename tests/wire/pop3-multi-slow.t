protocol pop3
SLOW
S: +OK
= OK
> TOP 1 0
C: TOP 1 0
S: +OK
S: ..a
S: \x00\xff
S: 
S: .
= OK
body 0 .a\r\n\x00\xff\r\n\r\n
> NOOP
C: NOOP
S: +OK
= OK
