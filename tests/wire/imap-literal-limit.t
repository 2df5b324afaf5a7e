# A literal that is no message is bounded.
limit literal_inline 100
protocol imap
S: * OK ready
= OK
> LIST "" *
C: a1 LIST "" *
S: * LIST () "/" {101}
= ERROR limit
