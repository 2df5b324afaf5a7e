# RFC 5321 3.8: a server may take its leave at any time.
protocol smtp
S: 220 hi
= OK
S: 421 4.3.2 shutting down
event 421
event -
CLOSE
error closed shutting down
