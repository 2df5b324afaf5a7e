protocol imap
S: * OK ready
= OK ready

# Numbers beyond their bounds change nothing by wrapping round.
> SELECT INBOX
C: a1 SELECT INBOX
S: * 4294967295 EXISTS
S: a1 OK done
= OK
describe INBOX[4294967295]
> noop
C: a2 noop
S: * 0 EXISTS
S: * 1 EXPUNGE
S: a2 OK
= OK
describe INBOX[0]
> noop
C: a3 noop
S: * 4294967296 EXISTS
= ERROR proto
