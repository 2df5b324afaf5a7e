# RFC 1939 7, its own example.
S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
= OK
auth APOP mrose tanstaaf
C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
S: +OK maildrop has 1 message
= OK
untraced c4c9334b
user mrose
state transaction
