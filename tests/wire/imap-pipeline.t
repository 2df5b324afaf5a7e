protocol imap
S: * OK ready
= OK ready

# RFC 9051 5.5: what names messages by number waits for what may shift them.
send FETCH 1 FLAGS
send STORE 1 +FLAGS (\\Seen)
send NOOP
send FETCH 2 FLAGS
C: a1 FETCH 1 FLAGS
C: a2 STORE 1 +FLAGS (\\Seen)
C: a3 NOOP
quiet
S: a1 OK
S: a3 OK
C: a4 FETCH 2 FLAGS
S: a2 OK
S: * 2 FETCH (FLAGS ())
S: a4 OK
= OK
= OK
= OK
= OK
. * 2 FETCH (FLAGS ())
send SELECT A
send "UID FETCH" 1 FLAGS
C: a5 SELECT A
quiet
S: a5 OK
C: a6 UID FETCH 1 FLAGS
S: a6 OK
= OK
= OK
