# CVE-2021-22947 and kin: what came behind the OK was said in clear.
protocol pop3
S: +OK
= OK
> STLS
C: STLS
S: +OK begin\r\n+OK injected
= ERROR proto clear text
phase closed
error proto
