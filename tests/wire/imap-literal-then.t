# What is typed behind a line that ends in "{n}" must not become the literal.
protocol imap
S: * OK ready
= OK
> APPEND Drafts {4}
> noop
C: a1 APPEND Drafts {4}
quiet
S: + go on
= ASKED go on
quiet
! hi\r\n
C: hi
C: 
S: a1 OK
C: a2 noop
S: a2 OK
= OK
= OK
> APPEND Nowhere {4}
> noop
C: a3 APPEND Nowhere {4}
quiet
S: a3 NO no such mailbox
C: a4 noop
S: a4 OK
= NO no such mailbox
= OK
