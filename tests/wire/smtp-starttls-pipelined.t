# Nothing goes behind STARTTLS before its reply; a refusal changes nothing.
protocol smtp
S: 220 hi
= OK
> STARTTLS
> NOOP
C: STARTTLS
quiet
S: 454 4.7.0 no certificate
C: NOOP
S: 250 ok
= NO no certificate
field temporary yes
= OK
phase open
