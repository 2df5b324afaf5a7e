# As smtp-unasked.t.
protocol pop3
S: +OK
= OK
S: +OK nobody asked
error proto nobody asked
