# A refusal while the literal is on its way (RFC 7888 4).
S: * OK [CAPABILITY IMAP4rev1 LITERAL+] ready
= OK
send APPEND Drafts
>< {3000000*x}\r\n
C: a1 APPEND Drafts {3000002+}
DEAF
S: a1 NO [OVERQUOTA] too big
HEAR
C: {3000000*x}
C: 
= NO too big
field code OVERQUOTA
> noop
C: a2 noop
S: a2 OK
= OK
