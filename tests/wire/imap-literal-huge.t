protocol imap
S: * OK ready
= OK ready

> FETCH 1 BODY[]
C: a1 FETCH 1 BODY[]
S: * 1 FETCH (BODY[] {99999999999999999999}
= ERROR proto
