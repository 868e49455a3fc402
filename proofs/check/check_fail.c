/* Ending with the right exit status, and memory that is never NULL.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_fail.h"

#include <gmp.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void finish(int status, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void finish(int status, const char *format, va_list arguments)
{
    if (status == 1) {
        (void)puts("rejected");
    }
    (void)fflush(stdout);
    (void)fputs("astrolabe-check: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    exit(status);
}

void check_reject(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finish(1, format, arguments);
}

void check_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finish(2, format, arguments);
}

void check_unreadable(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finish(3, format, arguments);
}

void check_unsupported(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finish(4, format, arguments);
}

/* n * size, at least 1. */
static size_t total(size_t n, size_t size)
{
    if (size != 0 && n > (SIZE_MAX / 2) / size) {
        check_unsupported("out of memory: %zu times %zu bytes", n, size);
    }
    return n * size == 0 ? 1 : n * size;
}

void *check_alloc(size_t n, size_t size)
{
    void *block = calloc(total(n, size), 1);
    if (block == NULL) {
        check_unsupported("out of memory: %zu times %zu bytes", n, size);
    }
    return block;
}

void *check_resize(void *block, size_t n, size_t size)
{
    void *resized = realloc(block, total(n, size));
    if (resized == NULL) {
        check_unsupported("out of memory: %zu times %zu bytes", n, size);
    }
    return resized;
}

void check_free(void *block)
{
    free(block);
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

static void gmp_free(void *block, size_t size)
{
    (void)size;
    check_free(block);
}

void check_use_memory(void)
{
    mp_set_memory_functions(gmp_alloc, gmp_resize, gmp_free);
}

void *check_arena_alloc(struct check_arena *arena, size_t n, size_t size)
{
    arena->blocks =
        check_resize(arena->blocks, arena->n + 1, sizeof *arena->blocks);
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
    if (n > 0) {
        memcpy(grown, array, n * size);
    }
    return grown;
}

void check_arena_free(struct check_arena *arena)
{
    for (size_t i = 0; i < arena->n; i++) {
        check_free(arena->blocks[i]);
    }
    check_free(arena->blocks);
    *arena = (struct check_arena){0};
}
