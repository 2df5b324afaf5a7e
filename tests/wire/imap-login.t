protocol imap
S: * OK ready
= OK ready

> LOGIN obelix menhir
C: a1 LOGIN obelix menhir
S: * CAPABILITY IMAP4rev1 IDLE
S: a1 OK in
= OK in
field line a1 LOGIN obelix <secret>
untraced menhir
user obelix
state authenticated
capability IDLE 
