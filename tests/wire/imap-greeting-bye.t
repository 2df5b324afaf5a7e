S: * BYE [UNAVAILABLE] too many of you
= NO too many of you
field code UNAVAILABLE
field temporary yes
