# The forms a reply line can have, and control octets kept as they are.
protocol smtp
S: 220
= OK
> HELP
C: HELP
S: 214-
S: 214-\x1b[2J\x00\x9b
S: 214
= OK
. 214-
. 214-\x1b[2J\x00\x9b
. 214
> NOOP
C: NOOP
S: 2500 too long
= ERROR proto
