/* library: shared libraries that are opened on first use. */
#include "net/library.h"

#include <dlfcn.h>
#include <string.h>

int
library_open(const char *file, const struct library_row *rows, size_t n,
    void *functions, enum err_kind kind, struct err *e)
{
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	void *fn;
	size_t i;

	if (lib == NULL)
		return err_set(e, kind, "%s", dlerror());
	for (i = 0; i < n; i++) {
		fn = dlsym(lib, rows[i].name);
		if (fn == NULL) {
			(void)dlclose(lib);
			return err_set(
			    e, kind, "%s has no %s", file, rows[i].name);
		}
		/* ISO C knows no conversion between the two pointers. */
		memcpy((char *)functions + rows[i].at, &fn, sizeof(fn));
	}
	return 0;
}
