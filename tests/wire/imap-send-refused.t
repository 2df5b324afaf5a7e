protocol imap
S: * OK ready
= OK ready

send FETCH "1\r\na2 DELETE INBOX" FLAGS
= REFUSED use
send LOGIN "a\x00" b
= REFUSED use
send FETCH 1
= REFUSED use
send SELECT A B C
= REFUSED use
quiet
