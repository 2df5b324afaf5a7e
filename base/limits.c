/* limits: the bounds that hold unless a test lowers them. */
#include "base/limits.h"

struct limits limits = {
    .line = 64 << 10,
    .imap_line = 8 << 20,
    .literal_inline = 1 << 20,
    .nesting = 128,
    .reply = 64 << 20,
    .lines = 1 << 20,
    .events = 4096,
    .challenges = 16,
    .iterations = 1000 * 1000,
    .iterations_least = 4096,
    .receive = 256 << 10,
    .send_high_water = 64 << 10,
    .spool_memory = 256 << 10,
    .queue = 1 << 20,
    .inflate_step = 64 << 10,
    .proxy_reply = 32 << 10,
    .connect_ms = 30 * 1000,
    .reply_ms = 5 * 60 * 1000,
    .least = 1 << 10,
    .attempt_ms = 250,
};
