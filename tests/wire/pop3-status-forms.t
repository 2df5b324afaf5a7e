protocol pop3
S: +OK
= OK
> NOOP
C: NOOP
S: +ok lower case\n\
= OK lower case
> NOOP
C: NOOP
S: +OKAY
= ERROR proto
