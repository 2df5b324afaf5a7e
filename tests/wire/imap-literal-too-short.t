protocol imap
S: * OK ready
= OK ready

# What the literal's size leaves over is no part of it.
> FETCH 1 BODY[]
C: a1 FETCH 1 BODY[]
S: * 1 FETCH (BODY[] {3}
S: abcd)
= ERROR proto
