/*
 * deflate: COMPRESS=DEFLATE (RFC 4978) as a layer over a stream, by zlib.
 *
 * Raw deflate (RFC 1951, windowBits -15) in both directions.  What is written
 * is compressed when stream_flush is called (a sync flush), so that a batch
 * of commands is one block.  Reading makes at most what the caller asked for:
 * a bomb costs time, not memory.  Corrupt or truncated input is ERR_PROTO; an
 * end of stream between two blocks is STREAM_EOF, for servers end so.
 */
#ifndef NET_DEFLATE_H
#define NET_DEFLATE_H

#include "net/stream.h"

/*
 * Puts deflate on `below`, which belongs to the result from then on.
 * `already` are bytes that the peer sent behind its OK and that have been
 * read: they are the beginning of the compressed input.
 */
struct stream *deflate_stream(struct stream *below, struct str already);

#endif
