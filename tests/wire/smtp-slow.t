SLOW
S: 220 mail.example.org
= OK mail.example.org
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250 SIZE
= OK SIZE
capability SIZE 
