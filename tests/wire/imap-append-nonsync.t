# RFC 7888: LITERAL+ does without.
S: * OK [CAPABILITY IMAP4rev1 LITERAL+] ready
= OK
send APPEND Drafts
>< hi\r\n
C: a1 APPEND Drafts {4+}
C: hi
C: 
S: a1 OK stored
= OK stored
> APPEND Drafts
>< hi\r\n
C: a2 APPEND Drafts {4+}
C: hi
C: 
S: a2 NO [TRYCREATE] no such mailbox
= NO
field code TRYCREATE
