# RFC 5321 4.2.1: each line of a reply has the same code; if not, the
# last one counts.
protocol smtp
S: 220 hi
= OK
> EHLO me
C: EHLO me
S: 250-hi
S: 500 SIZE
= NO SIZE
