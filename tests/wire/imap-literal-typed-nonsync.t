protocol imap
S: * OK ready
= OK ready

# "{n+}" is owed at once, for nobody will ask (RFC 7888).
> LOGIN {5+}
C: a1 LOGIN {5+}
= ASKED
! alice {2+}
C: alice {2+}
= ASKED
! pw
C: pw
S: a1 OK in
= OK in
