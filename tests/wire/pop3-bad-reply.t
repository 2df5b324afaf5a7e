protocol pop3
S: +OK
= OK
> STAT
C: STAT
S: 250 this is SMTP
= ERROR proto
