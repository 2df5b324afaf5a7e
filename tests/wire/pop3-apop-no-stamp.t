# Signing what a server makes up gives the password away (CVE-2007-1558).
S: +OK POP3 server ready
= OK
auth APOP mrose tanstaaf
quiet
= REFUSED auth
