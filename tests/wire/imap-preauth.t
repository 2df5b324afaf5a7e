S: * PREAUTH welcome obelix
= OK welcome obelix
state authenticated
