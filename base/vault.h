/*
 * vault: memory for secrets that live on, such as the password of an account.
 *
 * It has pages of its own, which no core dump and no child gets, and which are
 * not swapped out where the system allows that.
 */
#ifndef BASE_VAULT_H
#define BASE_VAULT_H

#include <stddef.h>

/* n zeroed bytes, n > 0; given back by vault_free. */
void *vault_new(size_t n);
/* Wipes the n bytes of vault_new, and gives them back; p may be NULL. */
void vault_free(void *p, size_t n);

#endif
