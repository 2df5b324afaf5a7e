protocol imap
S: * OK ready
= OK ready

SLOW
> FETCH 1 BODY[]
C: a1 FETCH 1 BODY[]
S: * 1 FETCH (BODY[] {5}
S: ab\r\nc)
S: a1 OK done
= OK done
body 0 ab\r\nc
