/*
 * fault: what goes wrong on purpose, for classes and for tests.
 *
 * A rule is a line of words: KIND ARGUMENTS, or PROTOCOL:KIND ARGUMENTS for
 * one protocol (pop3, smtp, lmtp, imap) only.
 *
 *	slow N              so many octets a second go to a client
 *	drop N              the connection ends behind so many octets to it
 *	refuse VERB REPLY   the command is answered so, and not carried out
 *	hang VERB           the command is not answered at all
 *	cut VERB            the connection ends instead of an answer
 *	hide CAPABILITY     it is not offered, and not there
 *	tempfail ADDRESS    mail for this address is refused for now
 *
 * Besides, an address @error.test says by itself how it fails: a reply code
 * as in 550@error.test refuses the recipient, data-552@error.test the message
 * itself.
 */
#ifndef SERVER_FAULT_H
#define SERVER_FAULT_H

#include "base/err.h"

enum fault_kind {
	FAULT_SLOW,
	FAULT_DROP,
	FAULT_REFUSE,
	FAULT_HANG,
	FAULT_CUT,
	FAULT_HIDE,
	FAULT_TEMPFAIL,
};

struct faults;

struct faults *faults_new(void);
void faults_free(struct faults *f);

/* -1 with ERR_USE for a rule that makes no sense. */
int faults_add(struct faults *f, const char *rule, struct err *e);

/* The number of the first rule of the kind for the protocol, or `none`. */
uint64_t faults_number(const struct faults *f, enum fault_kind kind,
    const char *protocol, uint64_t none);

/*
 * The first rule of REFUSE, HANG or CUT for the verb (ASCII case ignored): its
 * kind, and for REFUSE the reply in *reply, which lives as long as f.  False
 * if there is none.
 */
bool faults_verb(const struct faults *f, const char *protocol, struct str verb,
    enum fault_kind *kind, const char **reply);

/* Whether a capability is withdrawn. */
bool faults_hide(
    const struct faults *f, const char *protocol, struct str capability);

/* Whether mail for the address fails for now, by a rule. */
bool faults_tempfail(
    const struct faults *f, const char *protocol, struct str address);

/* The code that an address of error.test asks for, or 0; in `data` whether
 * it is for the message. */
unsigned fault_of_address(struct str address, bool *data);

#endif
