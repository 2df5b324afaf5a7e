protocol imap
S: * OK ready
= OK ready

# A literal that is no message stays in the reply.
> LIST "" *
C: a1 LIST "" *
S: * LIST () "/" {5}
S: a "b)
S: a1 OK done
= OK done
broken-body 0 
