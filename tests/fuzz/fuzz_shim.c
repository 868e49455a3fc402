#include "tests/fuzz/fuzz_shim.h"

#include <gmp.h>

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* More than this at a time is refused, as a machine would. */
static const size_t MOST_BYTES = (size_t)256 << 20;

/* In front of each block: a ring of all blocks of the run. */
struct block {
    struct block *next;
    struct block *previous;
    size_t size;
    size_t unused; /* keeps what follows aligned */
};

static struct block ring = {&ring, &ring, 0, 0};
static size_t n_bytes;
static jmp_buf place;
static bool is_running;
static const void *file_data;
static size_t file_bytes;

static void leave(struct block *block)
{
    block->next->previous = block->previous;
    block->previous->next = block->next;
    n_bytes -= block->size;
}

static void enter(struct block *block)
{
    block->next = ring.next;
    block->previous = &ring;
    ring.next->previous = block;
    ring.next = block;
    n_bytes += block->size;
}

void *fuzz_calloc(size_t n, size_t size)
{
    void *data = fuzz_realloc(NULL, n * size);
    return data == NULL ? NULL : memset(data, 0, n * size);
}

void *fuzz_realloc(void *data, size_t size)
{
    struct block *block = data == NULL ? NULL : (struct block *)data - 1;
    if (size > MOST_BYTES || n_bytes + size > MOST_BYTES) {
        return NULL;
    }
    if (block != NULL) {
        leave(block);
    }
    block = realloc(block, sizeof *block + size);
    if (block == NULL) {
        fuzz_fail("out of memory");
    }
    block->size = size;
    enter(block);
    return block + 1;
}

void fuzz_free(void *data)
{
    if (data != NULL) {
        struct block *block = (struct block *)data - 1;
        leave(block); /* NOLINT(clang-analyzer-unix.Malloc): it is in use */
        free(block);
    }
}

int fuzz_lock(pthread_mutex_t *mutex)
{
    (void)mutex;
    return 0;
}

static void *gmp_realloc(void *block, size_t size_before, size_t size)
{
    void *resized = fuzz_realloc(block, size);
    (void)size_before;
    if (resized == NULL) {
        fuzz_exit(4);
    }
    return resized;
}

static void *gmp_alloc(size_t size)
{
    return gmp_realloc(NULL, 0, size);
}

static void gmp_free(void *block, size_t size)
{
    (void)size;
    fuzz_free(block);
}

void fuzz_use_memory(void)
{
    mp_set_memory_functions(gmp_alloc, gmp_realloc, gmp_free);
}

static void free_all(void)
{
    while (ring.next != &ring) {
        fuzz_free(ring.next + 1);
    }
}

_Noreturn void fuzz_exit(int status)
{
    if (!is_running) {
        fuzz_fail("the preparation exits");
    }
    longjmp(place, status == 0 ? -1 : status);
}

FILE *fuzz_open(const char *path, const char *mode)
{
    if (strchr(path, '/') != NULL) {
        return fopen(path, mode);
    }
    /* No stream over no bytes exists; one to read from changes none. */
    void *bytes = NULL;
    memcpy(&bytes, &file_data, sizeof bytes);
    return file_bytes == 0 ? fopen("/dev/null", mode)
                           : fmemopen(bytes, file_bytes, mode);
}

void fuzz_file(const void *data, size_t n)
{
    file_data = data;
    file_bytes = n;
}

int fuzz_run(void (*action)(void *), void *with)
{
    is_running = true;
    const int status = setjmp(place);
    if (status == 0) {
        action(with);
        if (ring.next != &ring) {
            (void)fprintf(stderr, "fuzz: %zu bytes\n", ring.next->size);
            fuzz_fail("memory is left over");
        }
    }
    free_all();
    is_running = false;
    return status;
}

void fuzz_prepare(void (*action)(void *), void *with)
{
    action(with);
    ring.next = &ring; /* forgotten, with their size */
    ring.previous = &ring;
    n_bytes = 0;
}

_Noreturn void fuzz_fail(const char *reason)
{
    (void)fprintf(stderr, "fuzz: %s\n", reason);
    abort();
}
