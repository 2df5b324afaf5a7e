# RFC 1939 3: only CRLF.CRLF ends a body, and stuffed dots go.
protocol pop3
S: +OK
= OK
> RETR 1
C: RETR 1
S: +OK 5 lines
S: Subject: dots
S: 
S: ..
S: ...a
S: ..\n\
S: b\r.\r\
S: \nc
S: .
= OK 5 lines
body 0 Subject: dots\r\n\r\n.\r\n..a\r\n.\nb\r.\r\nc\r\n
> LIST
C: LIST
S: +OK 2 messages
S: 1 120
S: 2 200
S: .
= OK 2 messages
body 0 1 120\r\n2 200\r\n
> LIST 2
C: LIST 2
S: +OK 2 200
= OK 2 200
> LIST 9
C: LIST 9
S: -ERR no such message
= NO no such message
> RETR 2
C: RETR 2
S: -ERR gone
= NO gone
broken-body 0 
> UIDL
C: UIDL
S: +OK
S: .
= OK
body 0 
