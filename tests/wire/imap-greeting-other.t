protocol imap
S: 220 mx.example.org ESMTP
= ERROR proto this is no IMAP greeting: 220 mx.example.org ESMTP
