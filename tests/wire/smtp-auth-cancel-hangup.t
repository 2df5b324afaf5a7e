# A login that we broke off fails for what made us do so, even if the server
# then says nothing more.
protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250 AUTH LOGIN
= OK
auth LOGIN tim tanstaaftanstaaf
C: AUTH LOGIN
S: 334 not base64!
C: *
CLOSE
= ERROR proto a challenge of the login is not base64
