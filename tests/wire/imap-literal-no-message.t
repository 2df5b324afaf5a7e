# A literal that is no message must not be larger than what is kept of one:
# an endless name would fill the disk.
protocol imap
S: * OK ready
= OK ready
> LIST "" *
C: a1 LIST "" *
S: * LIST () "/" {1048577}
= ERROR limit
