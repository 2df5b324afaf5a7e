/* mem: allocation that does not fail. */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *p)
{
	if (p == NULL) {
		fputs("postel: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
mem_zalloc(size_t n)
{
	return checked(calloc(1, n));
}

void *
mem_realloc(void *p, size_t n)
{
	return checked(realloc(p, n));
}

char *
mem_strdup(const char *z)
{
	return checked(strdup(z));
}

void
mem_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

void
mem_free_secret(char *z)
{
	if (z != NULL)
		mem_wipe(z, strlen(z));
	free(z);
}
