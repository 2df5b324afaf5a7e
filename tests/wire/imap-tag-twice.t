protocol imap
S: * OK ready
= OK ready

# A tag used twice is nobody's the second time.
> noop
C: a1 noop
S: a1 OK
S: a1 OK again
= OK
error proto
