protocol smtp
S: 220 mail.example.org
= OK
> EHLO me
C: EHLO me
S: 250-mail.example.org
S: 250 AUTH XOAUTH2 OAUTHBEARER
= OK

# Refused: why, in JSON; an empty line; and the refusal.
auth XOAUTH2 tim yyyyyyyyyyyyyyyyyyyy initial
C: AUTH XOAUTH2 dXNlcj10aW0BYXV0aD1CZWFyZXIgeXl5eXl5eXl5eXl5eXl5eXl5eXkBAQ==
S: 334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZXhhbXBsZS5vcmcvIn0=
C: 
S: 535 5.7.8 no
= ERROR auth 401, scope https://mail.example.org/, schemes Bearer
untraced dXNlcj10aW0BYXV0aD1C

# Too long for a command line (RFC 4954 4): behind an empty challenge.
auth XOAUTH2 tim {400*x} initial
C: AUTH XOAUTH2
quiet
S: 334 
C: dXNlcj10aW0BYXV0aD1CZWFyZXIgeHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eAEB
S: 235 2.7.0 welcome
= OK welcome
user tim
untraced dXNlcj10aW0BYXV0aD1C
