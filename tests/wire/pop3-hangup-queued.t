protocol pop3
S: +OK
= OK
> STAT
C: STAT
CLOSE
= ERROR closed before its reply to STAT
> NOOP
= REFUSED closed
