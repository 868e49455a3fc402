#include "src/base/alloc.h"

#include "src/base/require.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every block starts `offset` bytes after the address malloc gave, and the
 * header lies in the 16 bytes just below it: offset 16 for plain blocks, 64
 * for aligned ones. So both alignments hold, and free needs only the block.
 */
struct header {
    size_t n_bytes;
    size_t offset;
};

enum { PLAIN_OFFSET = 16, ALIGNED_OFFSET = 64 };

_Static_assert(sizeof(struct header) == PLAIN_OFFSET,
               "the header keeps blocks 16-byte aligned");

static _Atomic size_t live_bytes;
static _Atomic size_t peak_bytes;
static _Atomic size_t n_until_failure;
static void (*_Atomic exit_hook)(void);

_Noreturn static void out_of_memory(size_t count, size_t size)
{
    void (*const hook)(void) = atomic_exchange(&exit_hook, NULL);
    if (hook != NULL) {
        hook();
    }
    (void)fprintf(stderr, "error: out of memory for %zu x %zu bytes\n", count,
                  size);
    /* Not exit: a verdict still in the buffer of stdout must not appear. */
    _Exit(EXIT_FAILURE);
}

/* True once, for the allocation chosen by alloc_fail_at. */
static int strikes(void)
{
    size_t n = atomic_load_explicit(&n_until_failure, memory_order_relaxed);
    while (n > 0) {
        if (atomic_compare_exchange_weak(&n_until_failure, &n, n - 1)) {
            return n == 1;
        }
    }
    return 0;
}

/* count*size, where the rounding and the header still fit on top of it. */
static size_t checked_product(size_t count, size_t size)
{
    const size_t limit = (size_t)PTRDIFF_MAX - 2 * (size_t)ALIGNED_OFFSET;
    if (strikes() || (size > 0 && count > limit / size)) {
        out_of_memory(count, size);
    }
    return count * size;
}

static void count_up(size_t n_bytes)
{
    const size_t live = atomic_fetch_add(&live_bytes, n_bytes) + n_bytes;
    size_t peak = atomic_load_explicit(&peak_bytes, memory_order_relaxed);
    while (live > peak) {
        if (atomic_compare_exchange_weak(&peak_bytes, &peak, live)) {
            break;
        }
    }
}

static void count_down(size_t n_bytes)
{
    atomic_fetch_sub(&live_bytes, n_bytes);
}

static struct header *header_of(void *block)
{
    return (struct header *)(void *)((char *)block - sizeof(struct header));
}

/* Fills in the header; start is what malloc gave. */
static void *block_at(void *start, size_t offset, size_t n_bytes)
{
    char *block = (char *)start + offset;
    struct header *header = header_of(block);
    header->n_bytes = n_bytes;
    header->offset = offset;
    return block;
}

void *alloc_bytes(size_t count, size_t size)
{
    const size_t n_bytes = checked_product(count, size);
    void *start = calloc(1, PLAIN_OFFSET + n_bytes);
    if (start == NULL) {
        out_of_memory(count, size);
    }
    count_up(n_bytes);
    return block_at(start, PLAIN_OFFSET, n_bytes);
}

void *alloc_aligned(size_t count, size_t size)
{
    const size_t n_bytes = checked_product(count, size);
    const size_t step = ALIGNED_OFFSET;
    const size_t n_rounded = (step + n_bytes + step - 1) / step * step;
    void *start = aligned_alloc(step, n_rounded);
    if (start == NULL) {
        out_of_memory(count, size);
    }
    memset(start, 0, n_rounded);
    count_up(n_bytes);
    return block_at(start, ALIGNED_OFFSET, n_bytes);
}

void *alloc_resize(void *block, size_t count, size_t size)
{
    if (block == NULL) {
        return alloc_bytes(count, size);
    }
    const struct header old = *header_of(block);
    REQUIRE(old.offset == PLAIN_OFFSET);
    const size_t n_bytes = checked_product(count, size);
    void *start = realloc(header_of(block), PLAIN_OFFSET + n_bytes);
    if (start == NULL) {
        out_of_memory(count, size);
    }
    char *resized = block_at(start, PLAIN_OFFSET, n_bytes);
    if (n_bytes > old.n_bytes) {
        memset(resized + old.n_bytes, 0, n_bytes - old.n_bytes);
    }
    count_up(n_bytes);
    count_down(old.n_bytes);
    return resized;
}

void alloc_free(void *block)
{
    if (block == NULL) {
        return;
    }
    const struct header header = *header_of(block);
    REQUIRE(header.offset == PLAIN_OFFSET || header.offset == ALIGNED_OFFSET);
    count_down(header.n_bytes);
    header_of(block)->offset = 0; /* a second free is caught above */
    free((char *)block - header.offset);
}

char *alloc_string(const char *text, size_t n)
{
    REQUIRE(n < SIZE_MAX);
    char *copy = alloc_bytes(n + 1, 1);
    if (n > 0) {
        memcpy(copy, text, n);
    }
    return copy;
}

size_t alloc_live_bytes(void)
{
    return atomic_load(&live_bytes);
}

size_t alloc_peak_bytes(void)
{
    return atomic_load(&peak_bytes);
}

void alloc_fail_at(size_t k)
{
    atomic_store(&n_until_failure, k);
}

void alloc_set_exit(void (*hook)(void))
{
    atomic_store(&exit_hook, hook);
}
