/*
 * wipe: memory that is given back is overwritten first, all of it.
 *
 * A password passes through libraries that know nothing of secrets: Lua
 * strings, readline's undo list, libgsasl and the copies that SASLprep makes,
 * stdio.  They free what they had, and free(3) leaves it readable in memory
 * and in a core.  So free and realloc of the C library are replaced, for the
 * program and for all its libraries, by these.  It costs a memset of what was
 * written before: a transfer of small mails takes 9 % more instructions, a
 * start 1 to 15 %, which the clock cannot tell from noise.
 *
 * Wiping by hand stays where there is more to do than to free, and where free
 * does not reach:
 *   Lua's heap            by a collection once the outermost call is over, if
 *                         a secret was made or sent in it (script.soiled)
 *   the stack             mem_wipe_stack, at the same time: luaL_loadfile and
 *                         printf leave it there
 *   readline's line, and  forget_line (shell/repl.c) makes it show blanks to
 *   what it has shown     /dev/null
 *   stdout's buffer       screen_forget
 *   octets on their way   buf_take, as long as a secret is among them
 *   a SASL exchange       freed when the command is over, not when its last
 *                         holder lets go
 *   argv                  overwritten at once; the copy in the vault is
 *                         scrubbed behind its last use
 *
 * glibc lets a program replace them, and keeps its own under these names.
 * Elsewhere, and where a sanitizer has replaced them, there is nothing here.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

void __libc_free(void *);	      /* NOLINT: glibc's name */
void *__libc_realloc(void *, size_t); /* NOLINT: glibc's name */

void
free(void *ptr)
{
	if (ptr == NULL)
		return;
	explicit_bzero(ptr, malloc_usable_size(ptr));
	__libc_free(ptr);
}

void *
realloc(void *ptr, size_t size)
{
	size_t had;
	void *moved;

	if (ptr == NULL || size == 0) {
		free(ptr);
		return ptr == NULL ? malloc(size) : NULL;
	}
	had = malloc_usable_size(ptr);
	if (size <= had) {
		/* It stays where it is, and gives back its end. */
		explicit_bzero((char *)ptr + size, had - size);
		return __libc_realloc(ptr, size);
	}
	moved = malloc(size);
	if (moved != NULL) {
		memcpy(moved, ptr, had);
		free(ptr);
	}
	return moved;
}

#endif
