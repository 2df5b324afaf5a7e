# RFC 2177: events come while nothing else is sent, until DONE.
S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
= OK
send IDLE
send NOOP
C: a1 IDLE
quiet
S: + idling
= ASKED idling
S: * 23 EXISTS
event EXISTS 23
S: * 1 EXPUNGE
event EXPUNGE 1
event -
quiet
! DONE
C: DONE
S: a1 OK done
= OK done
C: a2 NOOP
S: a2 OK
= OK
