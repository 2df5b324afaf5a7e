# A reply that nobody asked for is shown and answers nothing that comes later.
protocol smtp
S: 220 hi
= OK
S: 250 nobody asked
event 250
event -
> NOOP
C: NOOP
= WAITING
S: 250 this is it
= OK this is it
