limit line 100
protocol smtp
S: 220 hi
= OK
> NOOP
C: NOOP
S: 250 {101*x}\
= ERROR limit
