/* The checker's ways to end, one verb each, and its memory.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_FAIL_H
#define ASTROLABE_PROOFS_CHECK_CHECK_FAIL_H

#include <stddef.h>
#include <stdlib.h>

/* Prints `astrolabe-check: ` and the text on stderr, then exits with the
 * status; 1 prints `rejected` on stdout, the others print nothing there. The
 * text says where: file and position, node, or record. */
_Noreturn void check_fail(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The certificate does not prove its claim; wrong command line; input that
 * cannot be read or is malformed; input beyond what is implemented. */
#define check_reject(...)      check_fail(1, __VA_ARGS__)
#define check_usage(...)       check_fail(2, __VA_ARGS__)
#define check_unreadable(...)  check_fail(3, __VA_ARGS__)
#define check_unsupported(...) check_fail(4, __VA_ARGS__)

/* n * size zeroed bytes; never NULL: out of memory, or a product that
 * overflows, ends in exit 4. Freed with check_free; NULL is fine there. */
void *check_alloc(size_t n, size_t size);
/* The block grown or shrunk to n * size bytes; new bytes are not zeroed. */
void *check_resize(void *block, size_t n, size_t size);
/* Room for element n of an array that holds n elements of the given size and
 * was made by this function (NULL when n = 0). */
void *check_grow(void *array, size_t n, size_t size);
static inline void check_free(void *block)
{
    free(block);
}

/* Makes GMP use the functions above: call before its first object. */
void check_use_memory(void);

/* Blocks that live and die together. */
struct check_arena {
    size_t n;
    void **blocks;
};

/* check_alloc and check_grow with blocks of the arena. */
void *check_arena_alloc(struct check_arena *arena, size_t n, size_t size);
void *check_arena_grow(struct check_arena *arena, void *array, size_t n,
                       size_t size);
void check_arena_free(struct check_arena *arena);

#endif
