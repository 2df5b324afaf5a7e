protocol imap
S: * OK ready
= OK ready

# Modified UTF-7 (RFC 3501 5.1.3), and UTF-8 once that is enabled.
send CREATE "Entw\xc3\xbcrfe"
C: a1 CREATE Entw&APw-rfe
S: a1 OK
= OK
send ENABLE UTF8=ACCEPT
C: a2 ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: a2 OK
= OK
send CREATE "Entw\xc3\xbcrfe"
C: a3 CREATE "Entw\xc3\xbcrfe"
S: a3 OK
= OK
send SELECT ""
C: a4 SELECT ""
S: a4 NO
= NO
