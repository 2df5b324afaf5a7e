/* vault: memory for secrets that live on. */
#include "base/vault.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void *
vault_new(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		fputs("postel: out of memory\n", stderr);
		abort();
	}
	/* Best effort: a kernel may know none of these, and allow no lock. */
	(void)madvise(p, n, MADV_DONTDUMP);
	(void)madvise(p, n, MADV_WIPEONFORK);
	(void)mlock(p, n);
	return p;
}

void
vault_free(void *p, size_t n)
{
	if (p == NULL)
		return;
	mem_wipe(p, n);
	(void)munmap(p, n);
}
