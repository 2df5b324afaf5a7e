limit line 100
protocol pop3
S: +OK
= OK
> STAT
C: STAT
S: +OK {200*x}
= ERROR limit
