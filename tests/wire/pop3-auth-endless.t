# A server that asks without end (bounded by limits.challenges).
protocol pop3
S: +OK
= OK
auth LOGIN tim tanstaaftanstaaf
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: dGlt
S: + UGFzc3dvcmQ6
C: dGFuc3RhYWZ0YW5zdGFhZg==
S: + TW9yZTo=
C: *
S: -ERR cancelled
= ERROR auth
phase open
