/*
 * system: texts that stand nowhere to be marked, for xgettext(1) alone.
 *
 * Where a library has no translation for the user's language, its texts are
 * looked up in our catalogue (err_sys).  These are the ones that are met.
 */
#include "base/text.h"

/* strerror(3) */
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

/* X509_verify_cert_error_string(3) */
N_("certificate revoked")

/* Where a word of shell/topics*.c comes from, if from no RFC. */
N_("no RFC; in use")
N_("IANA registry")
N_("IANA registry of IMAP keywords")
