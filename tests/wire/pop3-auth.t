protocol pop3
S: +OK
= OK
auth PLAIN tim tanstaaftanstaaf
C: AUTH PLAIN
S: + 
C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: -ERR [AUTH] no
= NO no
field code AUTH
untraced AHRpbQ
state authorization
auth LOGIN tim tanstaaftanstaaf
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: dGlt
S: + UGFzc3dvcmQ6
C: dGFuc3RhYWZ0YW5zdGFhZg==
S: +OK
= OK
untraced dGFuc3
state transaction
