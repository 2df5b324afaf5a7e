protocol imap
S: * OK ready
= OK ready

S: * BYE shutting down
event BYE
event -
CLOSE
error closed shutting down
phase closed
