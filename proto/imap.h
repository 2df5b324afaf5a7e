/*
 * imap: what the two halves of IMAP in proto/ share.
 */
#ifndef PROTO_IMAP_H
#define PROTO_IMAP_H

#include "proto/engine.h"
#include "proto/verbs.h"

/* As struct proto's encode and typed (proto.h). */
int imap_encode(
    struct cmd *cmd, const struct arg *args, size_t n, struct err *e);
int imap_typed(
    struct cmd *cmd, struct str line, struct body *body, struct err *e);

#endif
