/* mem: allocation that does not fail. */
#include "base/mem.h"

#include <malloc.h>
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
mem_wipe_block(void *p)
{
	mem_wipe(p, malloc_usable_size(p));
}

/* Deeper than anything that has a secret in its hands goes. */
__attribute__((noinline)) void
mem_wipe_stack(void)
{
	char below[64 << 10];

	mem_wipe(below, sizeof(below));
}

void
mem_free_secret(char *z)
{
	if (z != NULL)
		mem_wipe(z, strlen(z));
	free(z);
}
