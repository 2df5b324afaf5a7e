protocol imap
S: * OK ready
= OK ready

> noop
C: a1 noop
S: zz OK who?
= ERROR proto
