# A refusal of DATA itself is one reply, however many recipients there are.
protocol lmtp
S: 220 mail.example.org
= OK
> LHLO me
C: LHLO me
S: 250-hi
S: 250 PIPELINING
= OK
> MAIL FROM:<>
> RCPT TO:<b@x.example>
> RCPT TO:<c@x.example>
> DATA
>< hi\n
C: MAIL FROM:<>
C: RCPT TO:<b@x.example>
C: RCPT TO:<c@x.example>
C: DATA
S: 250 ok
S: 250 ok
S: 250 ok
S: 451 not now
= OK
= OK
= OK
= NO not now
quiet
> NOOP
C: NOOP
S: 250 ok
= OK
