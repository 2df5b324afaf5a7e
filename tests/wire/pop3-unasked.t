# A line that nobody asked for, between commands.
protocol pop3
S: +OK
= OK
S: -ERR [SYS/TEMP] going down
event -ERR
event -
CLOSE
error closed going down
