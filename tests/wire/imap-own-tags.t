protocol imap
S: * OK ready
= OK ready

# Each command has another tag, also where the user began to count.
> a1 noop
C: a1 noop
S: a1 OK
= OK
> noop
C: a2 noop
S: a2 OK
= OK
> a7 noop
C: a7 noop
S: a7 OK
= OK
> noop
C: a8 noop
S: a8 OK
= OK

# He may do as he likes: back, or in a way of his own.
> a3 noop
C: a3 noop
S: a3 OK
= OK
> x9.z noop
C: x9.z noop
S: x9.z OK
= OK
> a99999999999999999999 noop
C: a99999999999999999999 noop
S: a99999999999999999999 OK
= OK
> noop
C: a9 noop
S: a9 OK
= OK
