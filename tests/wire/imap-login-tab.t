# A tab is no way around the mask.
protocol imap
S: * OK
= OK
> LOGIN obelix\tidefix
C: a1 LOGIN obelix\tidefix
S: a1 BAD no
= BAD no
untraced idefix
> x\tLOGIN\tobelix idefix
C: x LOGIN\tobelix idefix
S: x BAD no
= BAD no
untraced idefix
