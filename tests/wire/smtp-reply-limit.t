limit reply 2000
protocol smtp
S: 220 hi
= OK
> HELP
C: HELP
S: 214-{900*x}
S: 214-{900*x}
= ERROR limit
