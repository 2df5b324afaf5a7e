protocol smtp
S: 220 hi
= OK
> EHLO me
C: EHLO me
S: 250-hi
S: 250-SI\
CLOSE
= ERROR closed
