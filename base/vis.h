/*
 * vis: bytes of strangers made harmless for a terminal.
 *
 * Control characters (C0 but TAB, DEL, C1), invalid UTF-8, and the Unicode
 * characters that change the order or the look of what stands around them
 * (bidirectional controls, zero-width characters, line separators, tags)
 * become visible text: ^[ for ESC, \x9b for a stray octet, <U+202E> for a
 * character.  All else stays.  What goes into a file is never filtered.
 */
#ifndef BASE_VIS_H
#define BASE_VIS_H

#include "base/buf.h"

/* Appends s to b, filtered; -1 if b is full. LF is a control like others. */
int vis_add(struct buf *b, struct str s);
/* Whether s stays as it is, and has no TAB. */
bool vis_is_plain(struct str s);

#endif
