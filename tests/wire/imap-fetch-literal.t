protocol imap
S: * OK ready
= OK ready

> FETCH 1:2 (UID BODY[] ENVELOPE)
C: a1 FETCH 1:2 (UID BODY[] ENVELOPE)
S: * 1 FETCH (UID 7 BODY[] {10}
S: a1 OK\r\n.\r\x00\
S:  ENVELOPE NIL)
S: * 2 FETCH (UID 8 BODY[] {0}
S: )
S: a1 OK done
= OK done
body 0 a1 OK\r\n.\r\x00
body 1 
. * 1 FETCH (UID 7 BODY[] {10}
.  ENVELOPE NIL)
. * 2 FETCH (UID 8 BODY[] {0}
. )
. a1 OK done
