protocol smtp
S: 220 hi
= OK
> NOOP
C: NOOP
S: 421 4.3.2 shutting down
= NO shutting down
CLOSE
phase closed
