protocol imap
S: * OK ready
= OK ready

send APPEND Drafts
>< hi\r\n
C: a1 APPEND Drafts {4}
CLOSE
= ERROR closed
