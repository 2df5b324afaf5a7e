protocol imap
S: * OK ready
= OK ready

# A refusal in place of the continuation: the literal is not sent.
send APPEND Nowhere
>< hi\r\n
C: a1 APPEND Nowhere {4}
S: a1 NO [TRYCREATE] no such mailbox
= NO no such mailbox
field code TRYCREATE
quiet
> noop
C: a2 noop
S: a2 OK
= OK
