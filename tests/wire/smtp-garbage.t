protocol smtp
S: 220 hi
= OK
> NOOP
C: NOOP
S: hello
= ERROR proto
