/*
 * The checker's libraries inside a fuzzer. run.sh compiles them with
 *
 *   exit=fuzz_exit fopen=fuzz_open calloc=fuzz_calloc realloc=fuzz_realloc
 *   free=fuzz_free pthread_mutex_lock=fuzz_lock
 *   pthread_mutex_unlock=fuzz_lock
 *
 * so that a run ends by a jump, files are in memory, and what a run that was
 * ended has not freed is freed for it.
 */
#ifndef ASTROLABE_TESTS_FUZZ_FUZZ_SHIM_H
#define ASTROLABE_TESTS_FUZZ_FUZZ_SHIM_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

_Noreturn void fuzz_exit(int status);
FILE *fuzz_open(const char *path, const char *mode);
void *fuzz_calloc(size_t n, size_t size);
void *fuzz_realloc(void *block, size_t size);
void fuzz_free(void *block);
/* Nothing: there is one thread, and it may leave with a lock held. */
int fuzz_lock(pthread_mutex_t *mutex);

/* Makes GMP use the functions above: before its first object. */
void fuzz_use_memory(void);

/* What fuzz_open finds at any path without a slash from now on; not owned. */
void fuzz_file(const void *data, size_t n);

/* Runs an action: 0, or the status it exits with. Blocks that are left over
 * are freed; leaving any in a run that ends by itself is a failure. */
int fuzz_run(void (*action)(void *), void *with);

/* Runs an action that may not fail and whose blocks stay. */
void fuzz_prepare(void (*action)(void *), void *with);

/* Prints the reason and aborts. */
_Noreturn void fuzz_fail(const char *reason);

/* The entry points of libFuzzer. */
int LLVMFuzzerInitialize(const int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
