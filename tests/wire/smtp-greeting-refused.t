S: 421 4.3.2 come back later
= NO come back later
field number 421
field enhanced 4.3.2
field temporary yes
