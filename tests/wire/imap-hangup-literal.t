protocol imap
S: * OK ready
= OK ready

> FETCH 1 BODY[]
C: a1 FETCH 1 BODY[]
S: * 1 FETCH (BODY[] {10}
S: half\
CLOSE
= ERROR closed middle of a body
broken-body 0 half
