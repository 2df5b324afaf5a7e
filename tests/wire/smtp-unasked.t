# A success that nobody asked for could be taken for the answer to what is sent
# next: it ends the connection.
protocol smtp
S: 220 hi
= OK
S: 250 nobody asked
error proto nobody asked
