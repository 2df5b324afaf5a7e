# A password that no line has room for: nothing of it is sent.
protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250 AUTH LOGIN PLAIN
= OK
auth PLAIN tim {70000*x} initial
= REFUSED limit
auth LOGIN tim {60000*x}
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: dGlt
S: 334 UGFzc3dvcmQ6
C: *
S: 501 cancelled
= ERROR limit the answer is too long
phase open
