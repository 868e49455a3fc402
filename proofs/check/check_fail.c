/* Ending with the right exit status, and memory that is never NULL.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_fail.h"

#include <gmp.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void check_fail(int status, const char *format, ...)
{
    /* Never unlocked: of several threads, one ends the process. */
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    va_list arguments;
    (void)pthread_mutex_lock(&mutex);
    va_start(arguments, format);
    if (status == 1) {
        (void)puts("rejected");
    }
    (void)fflush(stdout);
    (void)fputs("astrolabe-check: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(status);
}

static void *require(void *block, size_t n, size_t size)
{
    if (block == NULL) {
        check_unsupported("out of memory: %zu times %zu bytes", n, size);
    }
    return block;
}

/* n * size, at least 1. */
static size_t total(size_t n, size_t size)
{
    if (size != 0 && n > PTRDIFF_MAX / size) {
        (void)require(NULL, n, size);
    }
    return n == 0 || size == 0 ? 1 : n * size;
}

void *check_alloc(size_t n, size_t size)
{
    return require(calloc(total(n, size), 1), n, size);
}

void *check_resize(void *block, size_t n, size_t size)
{
    return require(realloc(block, total(n, size)), n, size);
}

void *check_grow(void *array, size_t n, size_t size)
{
    return (n & (n - 1)) != 0 ? array
                              : check_resize(array, n == 0 ? 1 : 2 * n, size);
}

static void *gmp_alloc(size_t size)
{
    return check_resize(NULL, size, 1);
}

static void *gmp_resize(void *block, size_t size_before, size_t size)
{
    (void)size_before;
    return check_resize(block, size, 1);
}

void check_use_memory(void)
{
    mp_set_memory_functions(gmp_alloc, gmp_resize, NULL);
}

void *check_arena_alloc(struct check_arena *arena, size_t n, size_t size)
{
    arena->blocks = check_grow(arena->blocks, arena->n, sizeof(void *));
    arena->blocks[arena->n] = check_alloc(n, size);
    return arena->blocks[arena->n++];
}

void *check_arena_grow(struct check_arena *arena, void *array, size_t n,
                       size_t size)
{
    if ((n & (n - 1)) != 0) {
        return array;
    }
    void *grown = check_arena_alloc(arena, n == 0 ? 1 : 2 * n, size);
    return n == 0 ? grown : memcpy(grown, array, n * size);
}

void check_arena_free(struct check_arena *arena)
{
    for (size_t i = 0; i < arena->n; i++) {
        check_free(arena->blocks[i]);
    }
    check_free(arena->blocks);
    *arena = (struct check_arena){0};
}
