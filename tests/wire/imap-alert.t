# RFC 9051 7.1: an alert is shown to the user.  One that comes with a command
# of a program is an event, too; with one that was typed it is seen there.
protocol imap
S: * OK ready
= OK
S: * OK [ALERT] disk full
event ALERT
send SELECT INBOX
C: a1 SELECT INBOX
S: * NO [alert] quota
S: * OK [UIDVALIDITY 7] ok
S: a1 OK [ALERT] password expires
= OK
event ALERT
event ALERT
event -
> NOOP
C: a2 NOOP
S: * OK [ALERT] seen
S: a2 OK [ALERT] seen
= OK
. * OK [ALERT] seen
event -
