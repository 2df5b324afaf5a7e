/*
 * mem: allocation that does not fail.
 *
 * Every growth that a peer can cause is bounded before it comes here (see
 * limits.h), so an allocation that fails is the end of the machine's memory:
 * the process says so and aborts.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* n zeroed bytes, n > 0; freed by free(3). */
void *mem_zalloc(size_t n);
/* As realloc(3); the new bytes are undefined. */
void *mem_realloc(void *p, size_t n);
/* A copy of z; freed by free(3). */
char *mem_strdup(const char *z);
/* Overwrites p[0..n) in a way that the compiler may not leave out. */
void mem_wipe(void *p, size_t n);
/* mem_wipe of all that malloc(3) gave for p; p may be NULL. */
void mem_wipe_block(void *p);
/* Overwrites what functions that have returned left of their variables on the
 * stack: a library may have read a password into one. */
void mem_wipe_stack(void);
/* mem_wipe of the C string z, then free(3); z may be NULL. */
void mem_free_secret(char *z);

/* The object of type `type` whose member `member` ptr points to. */
#define CONTAINER_OF(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
