protocol imap
S: * OK ready
= OK ready

# What was known of one mailbox does not count for the next.
send EXAMINE A
C: a1 EXAMINE A
S: * 5 EXISTS
S: * OK [UIDVALIDITY 3]
S: a1 OK done
= OK
describe A[5] read-only
send SELECT "A&B"
C: a2 SELECT A&-B
S: * 2 EXISTS
S: a2 OK done
= OK
describe A&B[2]
send UNSELECT
C: a3 UNSELECT
S: a3 OK
= OK
state authenticated
describe 
