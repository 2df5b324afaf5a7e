protocol imap
S: * OK ready
= OK ready

> noop
C: a1 noop
S: * LIST (((
= ERROR proto
