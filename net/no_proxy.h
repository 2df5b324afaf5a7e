/*
 * no_proxy: the hosts that NO_PROXY keeps from the proxy, as curl reads it.
 *
 * The list has commas or blanks between its words.  A word is a host, which
 * also means all names below it ("example.org" and ".example.org" alike); an
 * address, IPv6 with or without brackets; a network ("10.0.0.0/8",
 * "fd00::/8"); or "*", every host.  Ports have no say.
 */
#ifndef NET_NO_PROXY_H
#define NET_NO_PROXY_H

#include "base/str.h"

/* Whether host, a name or an address without brackets, is in the list. */
bool no_proxy_has(struct str list, const char *host);

#endif
