protocol imap
S: * OK ready
= OK ready

# RFC 9051 4.3: the literal waits for the server's word.
send APPEND Drafts "(\\Draft)"
>< Subject: s\r\n\r\nhi\r\n
C: a1 APPEND Drafts (\\Draft) {18}
quiet
= SENDING
S: + go on
C: Subject: s
C: 
C: hi
C: 
S: a1 OK [APPENDUID 38505 3955] stored
= OK stored
field code APPENDUID 38505 3955
quiet
