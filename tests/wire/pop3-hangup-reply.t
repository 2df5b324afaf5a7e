protocol pop3
S: +OK
= OK
> STAT
> NOOP
C: STAT
S: +OK 3\
CLOSE
= ERROR closed middle of a line
= ERROR closed
error closed
event closed
