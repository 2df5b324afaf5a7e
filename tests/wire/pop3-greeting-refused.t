# RFC 2449 8: a response code of a greeting; IN-USE comes again later.
S: -ERR [IN-USE] busy
= NO busy
field code IN-USE
field temporary yes
