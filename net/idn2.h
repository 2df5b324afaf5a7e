/*
 * idn2: libidn2's functions, opened on first use: with its tables of Unicode it
 * would take a tenth of the start, and few names of hosts need it.
 */
#ifndef NET_IDN2_H
#define NET_IDN2_H

#include "net/library.h"

#include <idn2.h>

/* Those that are called. */
#define IDN2_FUNCTIONS(F)                                                      \
	F(idn2_check_version)                                                  \
	F(idn2_free)                                                           \
	F(idn2_lookup_u8)                                                      \
	F(idn2_strerror)

struct idn2 {
	IDN2_FUNCTIONS(LIBRARY_MEMBER)
};

/* Good after idn2_open has returned 0 once. */
extern struct idn2 idn2;

/* 0, or -1 with ERR_DNS where the library is not there. */
int idn2_open(struct err *e);

#endif
