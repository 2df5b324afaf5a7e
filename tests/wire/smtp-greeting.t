# RFC 5321 4.2.1: a greeting of several lines.
S: 220-mail.example.org ESMTP
S: 220 no spam please
= OK no spam please
. 220-mail.example.org ESMTP
. 220 no spam please
field number 220
state connected
> EHLO client.example.org
C: EHLO client.example.org
S: 250-mail.example.org greets client.example.org
S: 250-SIZE 1000
S: 250-AUTH PLAIN LOGIN
S: 250-ENHANCEDSTATUSCODES
S: 250 8BITMIME
= OK 8BITMIME
capability SIZE 1000
capability AUTH PLAIN LOGIN
capability 8BITMIME 
capability PIPELINING -
state ready
> VRFY a
C: VRFY a
S: 553-Ambiguous; possibilities are
S: 553-<asterix@example.org>
S: 553 <assurancetourix@example.org>
= NO <assurancetourix@example.org>
. 553-Ambiguous; possibilities are
. 553-<asterix@example.org>
> QUIT
C: QUIT
S: 221 2.0.0 bye
= OK bye
field enhanced 2.0.0
CLOSE
error none
