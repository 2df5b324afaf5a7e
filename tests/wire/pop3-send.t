# Arguments that would smuggle another command are refused.
protocol pop3
S: +OK
= OK
send USER "a\r\nDELE 1"
= REFUSED use
send USER
= REFUSED use
send DELE 1 2
= REFUSED use
send XYZZY a b
C: XYZZY a b
S: -ERR what
= NO what
quiet
