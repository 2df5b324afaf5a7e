protocol smtp
S: 220 hi
= OK
> NOOP
C: NOOP
S: 354 go on
= ERROR proto
