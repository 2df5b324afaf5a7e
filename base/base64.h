/*
 * base64: octets as text (RFC 4648 4), strict in decoding.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* Appends s encoded, with padding and without line ends; -1 if b is full. */
int base64_encode(struct buf *b, struct str s);
/* Appends what s stands for; -1, with b unchanged in length, for anything that
 * is not valid: missing padding, other octets, stray bits. */
int base64_decode(struct buf *b, struct str s);

#endif
