protocol pop3
S: +OK
= OK
auth DIGEST-MD5 tim tanstaaftanstaaf
C: AUTH DIGEST-MD5
S: +OK in
= ERROR auth DIGEST-MD5: the server claims success before the login is over
state authorization
phase closed
