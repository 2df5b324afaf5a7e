protocol pop3
S: +OK
= OK
> RETR 1
C: RETR 1
S: +OK
S: half
CLOSE
= ERROR closed middle of a body
broken-body 0 half\r\n
