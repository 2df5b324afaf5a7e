protocol imap
S: * OK ready
= OK ready

# A name as a literal; what follows it belongs to the same response.
> LIST "" *
C: a1 LIST "" *
S: * LIST () "/" {4}
S: a "b
S: a1 OK done
= OK done
. * LIST () "/" {4}
. 
body 0 a "b
