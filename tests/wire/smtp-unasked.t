protocol smtp
S: 220 hi
= OK
S: 250 nobody asked
phase closed
error proto
