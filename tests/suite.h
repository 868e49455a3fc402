/* What every test program shares: main, seed and size factor. */
#ifndef ASTROLABE_TESTS_SUITE_H
#define ASTROLABE_TESTS_SUITE_H

#include <check.h>

#include <stddef.h>
#include <stdint.h>

/* Defined by each test file: its test case with all tests added. */
TCase *test_cases(void);

/* ASTROLABE_TEST_SEED, or a fixed seed. */
uint64_t test_seed(void);
/* n times ASTROLABE_TEST_FACTOR (default 1), at least 1. */
size_t test_count(size_t n);
/* Path of a file under ../shared, or NULL after printing
 * `SKIPPED <test>: <path> is absent` on stdout. Static storage. */
const char *test_shared(const char *test, const char *path);

#endif
