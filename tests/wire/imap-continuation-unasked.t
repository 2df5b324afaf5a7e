protocol imap
S: * OK ready
= OK ready

# It is shown, and is no answer to anything.
> noop
C: a1 noop
S: + go on
event +
= WAITING
S: a1 OK
= OK
