# The same, with data behind the success, which SMTP has no room for.
protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250 AUTH CRAM-MD5
= OK
auth CRAM-MD5 tim tanstaaftanstaaf
C: AUTH CRAM-MD5
S: 235 dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9
= ERROR auth CRAM-MD5: the server claims success before the login is over
phase closed
