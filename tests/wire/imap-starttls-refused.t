protocol imap
S: * OK ready
= OK ready

> STARTTLS
> noop
C: a1 STARTTLS
quiet
S: a1 NO not now
C: a2 noop
S: a2 OK
= NO not now
= OK
phase open
