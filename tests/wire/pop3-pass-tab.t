# A tab is no way around the mask.
protocol pop3
S: +OK
= OK
> USER obelix
C: USER obelix
S: +OK
= OK
> PASS\tidefix
C: PASS\tidefix
S: +OK
= OK
untraced idefix
