/*
 * system: what strerror(3) says, for xgettext(1) alone.
 *
 * Where the C library has no translation for the user's language, its texts
 * are looked up in our catalogue (err_sys).  These are the ones that are met.
 */
#include "base/text.h"

N_("Operation not permitted")
N_("No such file or directory")
N_("Input/output error")
N_("Cannot allocate memory")
N_("Permission denied")
N_("File exists")
N_("Not a directory")
N_("Is a directory")
N_("Invalid argument")
N_("Too many open files")
N_("File too large")
N_("No space left on device")
N_("Read-only file system")
N_("Broken pipe")
N_("File name too long")
N_("Too many levels of symbolic links")
N_("Network is unreachable")
N_("Connection reset by peer")
N_("Connection timed out")
N_("Connection refused")
N_("No route to host")
N_("Disk quota exceeded")
