/* idn2: libidn2's functions, opened on first use. */
#include "net/idn2.h"

struct idn2 idn2;

static const struct library_row rows[] = {
#define IDN2_ROW(name) {#name, offsetof(struct idn2, name)},
    IDN2_FUNCTIONS(IDN2_ROW)
#undef IDN2_ROW
};

int
idn2_open(struct err *e)
{
	static bool open;

	open =
	    open || library_open("libidn2.so.0", rows,
			sizeof(rows) / sizeof(*rows), &idn2, ERR_DNS, e) == 0;
	return open ? 0 : -1;
}
