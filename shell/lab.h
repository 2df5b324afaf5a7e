/*
 * lab: posteld as our own child, for a session without any other server.
 *
 * There is at most one; it ends with us, however we end.
 */
#ifndef SHELL_LAB_H
#define SHELL_LAB_H

#include "shell/shell.h"

/*
 * Starts posteld over the folder dir, which is filled with sample mail if it is
 * new; with NULL over a temporary one, which goes when the lab stops.  Its
 * whereabouts are put into the environment: LAB, POP3, SMTP, IMAP, and
 * SSL_CERT_FILE.  -1 with err if that cannot be.
 */
int lab_start(const char *dir, struct err *e);
/* Stops it, if it runs. */
void lab_stop(void);

/* The certificate by which it is to be trusted. */
const char *lab_ca(void);
/* The port of a service ("pop3"); NULL if there is no lab, or no such
 * service in it. */
const char *lab_port(struct str service);

/* Says what there is. */
void lab_tell(void);
/* Opens a connection to each service; an exit status. */
int lab_open(struct shell *sh);

#endif
