protocol imap
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=CRAM-MD5 LITERAL+] ready
= OK

# Behind a login that has said all, what does not depend on its reply goes out;
# what was not sent ahead waits for all of it.
auth PLAIN tim tanstaaftanstaaf initial
ahead NAMESPACE
ahead EXAMINE INBOX
ahead "UID SEARCH" ALL
send "UID FETCH" 1 FLAGS
C: a1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
C: a2 NAMESPACE
C: a3 EXAMINE INBOX
C: a4 UID SEARCH ALL
quiet
S: a1 OK in
S: * NAMESPACE NIL NIL NIL
S: a2 OK
S: * 3 EXISTS
S: * SEARCH 1 2 3
S: a3 OK [READ-ONLY] done
= OK in
= OK
. * NAMESPACE NIL NIL NIL
= OK done
. * 3 EXISTS
state selected
C: a5 UID FETCH 1 FLAGS
S: a4 OK
= OK
. * SEARCH 1 2 3
S: a5 OK
= OK

# A refused SELECT leaves nothing selected, and what stands behind it is refused.
ahead SELECT gone
ahead "UID SEARCH" ALL
C: a6 SELECT gone
C: a7 UID SEARCH ALL
S: a6 NO there is none
S: a7 BAD no mailbox is selected
= NO there is none
= BAD no mailbox is selected
state authenticated

# A server that may still ask is asked nothing: its challenge would be answered
# by the next command.
auth CRAM-MD5 tim tanstaaftanstaaf initial
ahead NAMESPACE
C: a8 AUTHENTICATE CRAM-MD5
quiet
S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
quiet
S: a8 OK
C: a9 NAMESPACE
S: a9 OK
= OK
= OK
