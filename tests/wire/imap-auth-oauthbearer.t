S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] ready
= OK
# RFC 7628 3.2.3: the dummy is an octet 1.
auth OAUTHBEARER tim yyyyyyyyyyyyyyyyyyyy initial
C: a1 AUTHENTICATE OAUTHBEARER bixhPXRpbSwBaG9zdD1tYWlsLmV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHl5eXl5eXl5eXl5eXl5eXl5eXl5AQE=
S: + eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZXhhbXBsZS5vcmcvIn0=
C: AQ==
S: a1 NO [AUTHENTICATIONFAILED] no
= ERROR auth the server refuses the token: 401
# What is no JSON, and an endless reason.
auth OAUTHBEARER tim yyyyyyyyyyyyyyyyyyyy
C: a2 AUTHENTICATE OAUTHBEARER
S: + 
C: bixhPXRpbSwBaG9zdD1tYWlsLmV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHl5eXl5eXl5eXl5eXl5eXl5eXl5AQE=
S: + bm8gaWRlYQ==
C: AQ==
S: a2 NO no
= ERROR auth does not say why
auth OAUTHBEARER tim yyyyyyyyyyyyyyyyyyyy initial
C: a3 AUTHENTICATE OAUTHBEARER bixhPXRpbSwBaG9zdD1tYWlsLmV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHl5eXl5eXl5eXl5eXl5eXl5eXl5AQE=
S: + eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZXhhbXBsZS5vcmcvIn0=
C: AQ==
S: + eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZXhhbXBsZS5vcmcvIn0=
C: *
S: a3 BAD cancelled
= ERROR auth the server refuses the token
# A success behind a refusal is none.
auth OAUTHBEARER tim yyyyyyyyyyyyyyyyyyyy initial
C: a4 AUTHENTICATE OAUTHBEARER bixhPXRpbSwBaG9zdD1tYWlsLmV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHl5eXl5eXl5eXl5eXl5eXl5eXl5AQE=
S: + eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZXhhbXBsZS5vcmcvIn0=
C: AQ==
S: a4 OK after all
= ERROR auth claims success before the login is over
state not authenticated
phase closed
