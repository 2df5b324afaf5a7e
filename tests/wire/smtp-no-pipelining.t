protocol smtp
S: 220 hi
= OK
> HELO me
> MAIL FROM:<>
> RCPT TO:<b@x.example>
C: HELO me
quiet
S: 250 hi
C: MAIL FROM:<>
quiet
S: 250 ok
C: RCPT TO:<b@x.example>
S: 250 ok
= OK
= OK
= OK
describe (1 rcpt)
