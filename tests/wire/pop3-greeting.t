# RFC 1939 4: the greeting names the protocol, and may carry a stamp.
S: +OK POP3 ready <1896.697170952@dbc.mtview.ca.us>
= OK POP3 ready <1896.697170952@dbc.mtview.ca.us>
state authorization
> USER asterix
C: USER asterix
S: +OK
= OK
user 
> PASS idefix
C: PASS idefix
S: +OK logged in
= OK logged in
field line PASS <secret>
untraced idefix
user asterix
state transaction
> QUIT
C: QUIT
S: +OK bye
= OK bye
CLOSE
phase closed
error none
