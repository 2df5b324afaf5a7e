protocol pop3
S: +OK
= OK
> STAT
C: STAT
drop
= ERROR closed
phase closed
error none
