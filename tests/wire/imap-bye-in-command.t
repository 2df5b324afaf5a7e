protocol imap
S: * OK ready
= OK ready

> noop
C: a1 noop
S: * BYE shutting down
CLOSE
= ERROR closed shutting down
