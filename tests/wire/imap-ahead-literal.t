protocol imap
S: * OK [CAPABILITY IMAP4rev1] ready
= OK
send LOGIN asterix "gau\xc3\xa9"
ahead SELECT INBOX
C: a1 LOGIN asterix {5}
quiet
S: + go on
C: gau\xc3\xa9
C: a2 SELECT INBOX
S: a1 OK
S: a2 OK
= OK
= OK
state selected
