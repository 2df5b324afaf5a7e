protocol imap
S: * OK ready
= OK ready

# A typed command shows what comes meanwhile as its own.
> noop
C: a1 noop
S: * 3 EXISTS
S: a1 OK done
= OK
. * 3 EXISTS
. a1 OK done
event -
