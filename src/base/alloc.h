/* Counted memory: never returns NULL; running out ends the process cleanly. */
#ifndef ASTROLABE_BASE_ALLOC_H
#define ASTROLABE_BASE_ALLOC_H

#include <stddef.h>

/*
 * Every block is zeroed and counted (live bytes, peak), thread-safe.
 * When memory runs out, or the product overflows, or the fault injected by
 * alloc_fail_at strikes, the hook of alloc_set_exit runs (it removes
 * temporary files), one line goes to stderr and the process exits with 1.
 */

/* Zeroed block of count*size bytes, 16-byte aligned; count*size may be 0. */
void *alloc_bytes(size_t count, size_t size) __attribute__((returns_nonnull));

/* Zeroed block aligned to 64 bytes, for vector kernels; freed by
 * alloc_free like every other block. */
void *alloc_aligned(size_t count, size_t size) __attribute__((returns_nonnull));

/* Grows or shrinks a block (NULL counts as an empty one); new bytes are
 * zeroed. The block must come from alloc_bytes. */
void *alloc_resize(void *block, size_t count, size_t size)
    __attribute__((returns_nonnull));

/* Releases a block of any of the three; NULL is harmless. */
void alloc_free(void *block);

/* Copy of a string of n bytes, terminated. */
char *alloc_string(const char *text, size_t n) __attribute__((returns_nonnull));

size_t alloc_live_bytes(void);
size_t alloc_peak_bytes(void);

/* Test aid: the k-th allocation from now fails (k >= 1; 0 switches off). */
void alloc_fail_at(size_t k);

/* Hook run once before the out-of-memory exit; NULL removes it. */
void alloc_set_exit(void (*hook)(void));

/* Size of what it points to; often a pointer, which looks like a slip. */
#define ALLOC_SIZE(pointer) \
    (sizeof *(pointer)) /* NOLINT(bugprone-sizeof-expression) */

/* One zeroed object; array of n zeroed objects; the same, 64-byte aligned;
 * an array grown or shrunk to n. */
#define NEW(pointer) ((pointer) = alloc_bytes(1, ALLOC_SIZE(pointer)))
#define NEW_ARRAY(pointer, n) \
    ((pointer) = alloc_bytes((n), ALLOC_SIZE(pointer)))
#define NEW_ALIGNED(pointer, n) \
    ((pointer) = alloc_aligned((n), ALLOC_SIZE(pointer)))
#define RESIZE_ARRAY(pointer, n) \
    ((pointer) = alloc_resize((pointer), (n), ALLOC_SIZE(pointer)))

#endif
