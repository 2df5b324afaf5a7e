# RFC 5034 4: no command line has more than 255 octets.
protocol pop3
S: +OK
= OK
auth PLAIN tim {200*p} initial
C: AUTH PLAIN
quiet
S: + 
C: AHRpbQBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcA==
S: +OK welcome
= OK welcome
untraced AHRpbQBwcHBwcHBwcHBw
state transaction
