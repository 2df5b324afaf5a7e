S: SSH-2.0-OpenSSH_9.2
= ERROR proto none of POP3, SMTP or IMAP
