protocol imap
S: * OK ready
= OK ready

send SELECT INBOX
C: a1 SELECT INBOX
S: * FLAGS (\\Answered \\Seen)
S: * 22 EXISTS
S: * 1 RECENT
S: * OK [UIDVALIDITY 7] ok
S: * OK [UIDNEXT 45] ok
S: * CAPABILITY IMAP4rev1
S: a1 OK [READ-WRITE] selected
= OK selected
field code READ-WRITE
state selected
describe INBOX[22]
event CAPABILITY
event -
S: * 23 EXISTS
event EXISTS 23
describe INBOX[23]
S: * 4 EXPUNGE
event EXPUNGE 4
describe INBOX[22]
send EXAMINE Nowhere
C: a2 EXAMINE Nowhere
S: a2 NO [NONEXISTENT] no such mailbox
= NO no such mailbox
state authenticated
event -
