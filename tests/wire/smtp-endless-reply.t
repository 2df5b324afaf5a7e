limit lines 5
protocol smtp
S: 220 hi
= OK
> HELP
C: HELP
S: 214-1
S: 214-2
S: 214-3
S: 214-4
S: 214-5
S: 214-6
= ERROR limit
