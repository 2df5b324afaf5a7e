# An initial response that is empty is "=" (RFC 4959 3); as an answer it is an
# empty line.
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=EXTERNAL] ready
= OK
auth EXTERNAL "" "" initial
C: a1 AUTHENTICATE EXTERNAL =
S: a1 NO no
= NO no
auth EXTERNAL "" ""
C: a2 AUTHENTICATE EXTERNAL
S: + 
C: 
S: a2 NO no
= NO no
# Who it is to be, if the certificate does not say.
auth EXTERNAL tim "" initial
C: a3 AUTHENTICATE EXTERNAL dGlt
S: a3 OK in
= OK in
user tim
