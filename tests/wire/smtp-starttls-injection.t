protocol smtp
S: 220 hi
= OK
> STARTTLS
C: STARTTLS
S: 220 go\r\n250 injected
= ERROR proto clear text
phase closed
