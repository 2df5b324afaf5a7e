limit imap_line 100
protocol imap
S: * OK ready
= OK
> noop
C: a1 noop
S: * OK {200*x}
= ERROR limit
