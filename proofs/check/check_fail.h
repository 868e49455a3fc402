/* The checker's ways to end, one verb each, and its memory.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_FAIL_H
#define ASTROLABE_PROOFS_CHECK_CHECK_FAIL_H

#include <stddef.h>

/*
 * Each prints `astrolabe-check: ` and the text on stderr, then exits:
 *   check_reject       1  the certificate does not prove its claim; prints
 *                         `rejected` on stdout, the others print nothing there
 *   check_usage        2  wrong command line
 *   check_unreadable   3  input that cannot be read or is malformed
 *   check_unsupported  4  input beyond what is implemented, or over a limit
 * The text says where: file and position, node, or record.
 */
_Noreturn void check_reject(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void check_usage(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void check_unreadable(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void check_unsupported(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* n * size zeroed bytes; never NULL: out of memory, or a product that
 * overflows, ends in exit 4. Freed with check_free; NULL is fine there. */
void *check_alloc(size_t n, size_t size);
/* The block grown or shrunk to n * size bytes; new bytes are not zeroed. */
void *check_resize(void *block, size_t n, size_t size);
void check_free(void *block);

/* Makes GMP use the functions above: call before its first object. */
void check_use_memory(void);

/* Blocks that live and die together. */
struct check_arena {
    size_t n;
    void **blocks;
};

/* n * size zeroed bytes of the arena. */
void *check_arena_alloc(struct check_arena *arena, size_t n, size_t size);
/* Room for element n of an array that holds n elements of the given size and
 * was made by this function (NULL when n = 0). */
void *check_arena_grow(struct check_arena *arena, void *array, size_t n,
                       size_t size);
void check_arena_free(struct check_arena *arena);

#endif
