protocol pop3
S: +OK
= OK
# A success behind a challenge too many is none.
auth PLAIN tim tanstaaf initial
C: AUTH PLAIN AHRpbQB0YW5zdGFhZg==
S: + TW9yZTo=
C: *
S: +OK after all
= ERROR auth PLAIN: the server claims success before the login is over
phase closed
state authorization
