/* The checker's hash and its ways to end. */
#include "proofs/check/check_fail.h"
#include "proofs/check/check_sha.h"
#include "tests/suite.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* The examples of FIPS 180-4, and lengths around the padding's borders. */
START_TEST(digests_are_those_of_the_standard)
{
    static const struct {
        size_t n; /* letters; of `text`, or n times 'a' if that is NULL */
        const char *text;
        const char *digest;
    } examples[] = {{0, "",
                     "e3b0c44298fc1c149afbf4c8996fb924"
                     "27ae41e4649b934ca495991b7852b855"},
                    {3, "abc",
                     "ba7816bf8f01cfea414140de5dae2223"
                     "b00361a396177a9cb410ff61f20015ad"},
                    {56,
                     "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                     "248d6a61d20638b8e5c026930c3e6039"
                     "a33ce45964ff2167f6ecedd419db06c1"},
                    {55, NULL,
                     "9f4390f8d30c2dd92ec9f095b65e2b9a"
                     "e9b0a925a5258e241c9f1e910f734318"},
                    {64, NULL,
                     "ffe054fe7ae0cb6dc65c3af9b61d5209"
                     "f439851db43d0ba5997337df154668eb"},
                    {1000000, NULL,
                     "cdc76e5c9914fb9281a1c7e284d73e67"
                     "f1809a48a497200e046d39ccc7112cd0"}};
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const size_t n = examples[i].n;
        unsigned char digest[32] = {0};
        char text[65];
        unsigned char *data = malloc(n + 1);
        ck_assert_ptr_nonnull(data);
        memset(data, 'a', n + 1);
        if (examples[i].text != NULL) {
            memcpy(data, examples[i].text, n);
        }
        for (size_t way = 0; way < 2; way++) {
            (way == 0 ? check_sha256 : check_sha256_plain)(digest, data, n);
            for (size_t k = 0; k < sizeof digest; k++) {
                (void)snprintf(text + 2 * k, 3, "%02x", digest[k]);
            }
            ck_assert_str_eq(text, examples[i].digest);
        }
        free(data);
    }
}
END_TEST

/* Random bytes of all lengths of two blocks, with the plain function as
 * twin. */
START_TEST(instructions_give_the_same_digests)
{
    unsigned char data[200];
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        state = state * 1664525U + 1013904223U;
        data[i] = (unsigned char)(state >> 24U);
    }
    for (size_t n = 0; n <= 130; n++) {
        unsigned char digests[2][32];
        check_sha256(digests[0], data + n % 64, n);
        check_sha256_plain(digests[1], data + n % 64, n);
        ck_assert_mem_eq(digests[0], digests[1], 32);
    }
}
END_TEST

static void reject(void)
{
    check_reject("record %d", 7);
}

static void misuse(void)
{
    check_usage("%s", "what");
}

static void cannot_read(void)
{
    check_unreadable("%s: byte %zu", "file", (size_t)9);
}

static void cannot_do(void)
{
    check_unsupported("node '%s'", "n");
}

static void run_out(void)
{
    (void)check_alloc(SIZE_MAX / 4, 8);
}

START_TEST(each_verb_has_its_status)
{
    static const struct {
        void (*end)(void);
        int status;
        const char *text; /* on stdout and stderr, in this order */
    } verbs[] = {{reject, 1, "rejected\nastrolabe-check: record 7\n"},
                 {misuse, 2, "astrolabe-check: what\n"},
                 {cannot_read, 3, "astrolabe-check: file: byte 9\n"},
                 {cannot_do, 4, "astrolabe-check: node 'n'\n"},
                 {run_out, 4, "astrolabe-check: out of memory"}};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        int pipes[2];
        char text[256] = "";
        size_t n = 0;
        int status = 0;
        ck_assert_int_eq(pipe(pipes), 0);
        (void)fflush(NULL);
        const pid_t process = fork();
        if (process == 0) {
            (void)dup2(pipes[1], STDOUT_FILENO);
            (void)dup2(pipes[1], STDERR_FILENO);
            verbs[i].end();
            _exit(0);
        }
        ck_assert_int_eq(close(pipes[1]), 0);
        for (ssize_t got = 1; got > 0; n += (size_t)got) {
            got = read(pipes[0], text + n, sizeof text - 1 - n);
            ck_assert_int_ge(got, 0);
        }
        ck_assert_int_eq(close(pipes[0]), 0);
        ck_assert_int_eq(waitpid(process, &status, 0), process);
        ck_assert(WIFEXITED(status) != 0);
        ck_assert_int_eq(WEXITSTATUS(status), verbs[i].status);
        ck_assert_int_eq(strncmp(text, verbs[i].text, strlen(verbs[i].text)),
                         0);
    }
}
END_TEST

START_TEST(growing_keeps_the_elements)
{
    struct check_arena arena = {0};
    int *numbers = NULL;
    for (size_t n = 0; n < 100; n++) {
        numbers = check_arena_grow(&arena, numbers, n, sizeof *numbers);
        numbers[n] = (int)n;
    }
    for (size_t n = 0; n < 100; n++) {
        ck_assert_int_eq(numbers[n], (int)n);
    }
    check_arena_free(&arena);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_sha");
    tcase_add_test(cases, digests_are_those_of_the_standard);
    tcase_add_test(cases, instructions_give_the_same_digests);
    tcase_add_test(cases, each_verb_has_its_status);
    tcase_add_test(cases, growing_keeps_the_elements);
    return cases;
}
