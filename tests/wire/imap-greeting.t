S: * OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN AUTH=LOGIN ID] ready
= OK ready
field code CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN AUTH=LOGIN ID
state not authenticated
capability LITERAL+ 
capability AUTH PLAIN LOGIN
capability IDLE -
> noop
C: a1 noop
S: a1 OK done
= OK done
> x7 noop
C: x7 noop
S: x7 BAD what
= BAD what
> . logout
C: . logout
S: * BYE see you
S: . OK bye
= OK bye
. * BYE see you
. . OK bye
CLOSE
error none
phase closed
