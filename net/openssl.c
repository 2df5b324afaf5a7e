/* openssl: OpenSSL's functions, opened on first use. */
#include "net/openssl.h"

#include <dlfcn.h>
#include <stddef.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

struct openssl ossl;

static const struct {
	const char *name;
	size_t at;
} functions[] = {
#define OPENSSL_ROW(name) {#name, offsetof(struct openssl, name)},
    OPENSSL_FUNCTIONS(OPENSSL_ROW)
#undef OPENSSL_ROW
};

int
openssl_open(struct err *e)
{
	static const char library[] = "libssl.so." TEXT(OPENSSL_SHLIB_VERSION);
	static bool open;
	size_t i;
	void *lib, *fn;

	if (open)
		return 0;
	lib = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return err_set(e, ERR_TLS, "%s", dlerror());
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		fn = dlsym(lib, functions[i].name);
		if (fn == NULL) {
			(void)dlclose(lib);
			return err_set(e, ERR_TLS, "%s has no %s", library,
			    functions[i].name);
		}
		/* ISO C knows no conversion between the two pointers. */
		memcpy((char *)&ossl + functions[i].at, &fn, sizeof(fn));
	}
	open = true;
	return 0;
}
