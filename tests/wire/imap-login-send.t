protocol imap
S: * OK ready
= OK ready

# The form of each argument follows from what it holds.
send LOGIN obelix "a b"
C: a1 LOGIN obelix "a b"
S: a1 NO [AUTHENTICATIONFAILED] no
= NO no
field code AUTHENTICATIONFAILED
send LOGIN obelix "a\"b\\c"
C: a2 LOGIN obelix "a\\"b\\\\c"
S: a2 NO no
= NO
send LOGIN obelix "m\xc3\xa9nhir"
C: a3 LOGIN obelix {7}
quiet
S: + go on
C: m\xc3\xa9nhir
S: a3 OK [CAPABILITY IMAP4rev1 UIDPLUS] in
= OK in
untraced nhir
capability UIDPLUS 
