protocol imap
S: * OK ready
= OK ready

# Answers may come in another order than the commands (RFC 9051 5.5).
send STATUS A (MESSAGES)
send LIST "" *
C: a1 STATUS A (MESSAGES)
C: a2 LIST "" "*"
S: * LIST () "/" A
S: a2 OK listed
S: * STATUS A (MESSAGES 3)
S: a1 OK counted
= OK counted
. * STATUS A (MESSAGES 3)
= OK listed
. * LIST () "/" A
event -
