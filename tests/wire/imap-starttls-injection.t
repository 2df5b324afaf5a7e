protocol imap
S: * OK ready
= OK ready

> STARTTLS
C: a1 STARTTLS
S: a1 OK begin\r\n* CAPABILITY IMAP4rev1
= ERROR proto clear text
phase closed
