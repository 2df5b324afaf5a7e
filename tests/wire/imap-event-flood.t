# Events that nobody looks at are bounded; the oldest give way.
limit events 3
protocol imap
S: * OK ready
= OK
S: * 1 EXISTS
S: * 2 EXISTS
S: * 3 EXISTS
S: * 4 EXISTS
S: * 5 EXISTS
event EXISTS 3
event EXISTS 4
event EXISTS 5
event -
