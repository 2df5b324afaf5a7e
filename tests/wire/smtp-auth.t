protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250-PIPELINING
S: 250-CHUNKING
S: 250-AUTH PLAIN LOGIN
S: 250 SIZE 1000
= OK

auth PLAIN tim tanstaaftanstaaf initial
C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: 535 5.7.8 no
= NO no
auth PLAIN tim tanstaaftanstaaf
C: AUTH PLAIN
S: 334 
C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm
S: 535 5.7.8 no
= NO no
auth LOGIN tim tanstaaftanstaaf initial
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: dGlt
S: 334 UGFzc3dvcmQ6
C: dGFuc3RhYWZ0YW5zdGFhZg==
S: 235 2.7.0 welcome
= OK welcome
user tim
untraced AHRpbQ
untraced dGFuc3
quiet
