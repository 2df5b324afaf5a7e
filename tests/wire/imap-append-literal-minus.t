# RFC 7888 5: LITERAL- only up to 4096 octets.
S: * OK [CAPABILITY IMAP4rev1 LITERAL-] ready
= OK
send APPEND Drafts
>< hi\r\n
C: a1 APPEND Drafts {4+}
C: hi
C: 
S: a1 OK
= OK
send APPEND Drafts
>< {4095*x}\r\n
C: a2 APPEND Drafts {4097}
quiet
S: + go on
C: {4095*x}
C: 
S: a2 OK
= OK
