protocol imap
S: * OK ready
= OK ready

# "{n}" at the end of a typed line asks for it.
> APPEND Drafts {4}
C: a1 APPEND Drafts {4}
S: + go on
= ASKED go on
! hi\r\n
C: hi
C: 
S: a1 OK stored
= OK stored
