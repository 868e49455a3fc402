/* Property files: print and reparse; damaged bytes never do harm. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "tests/ref/ref_property.h"
#include "tests/suite.h"
#include "vnnlib/diagnostics.h"

#include <check.h>

#include <stdlib.h>
#include <string.h>

static void check_same_nodes(const struct vnnlib *a, const struct vnnlib *b,
                             const char *text)
{
    ck_assert_uint_eq(a->nodes.n, b->nodes.n);
    for (size_t i = 0; i < a->nodes.n; i++) {
        const struct vnnlib_node *left = &a->nodes.data[i];
        const struct vnnlib_node *right = &b->nodes.data[i];
        ck_assert_msg(left->kind == right->kind &&
                          left->extent == right->extent &&
                          left->element == right->element,
                      "node %zu of\n%s", i, text);
    }
}

START_TEST(print_and_reparse_gives_the_same_tree)
{
    char text[4096];
    struct error error;
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t i = 0; i < test_count(500); i++) {
        ref_property_random(text, sizeof text, &rng, 3, 2);
        struct vnnlib *lib = ref_property_parse(text, true, &error);
        ck_assert_msg(lib != NULL, "%s\n%s", error.message, text);
        char *print = ref_property_print(lib);
        struct vnnlib *again = ref_property_parse(print, true, &error);
        ck_assert_msg(again != NULL, "%s\n%s", error.message, print);
        check_same_nodes(lib, again, text);
        char *second = ref_property_print(again);
        ck_assert_str_eq(print, second);
        free(second);
        vnnlib_destroy(again);
        free(print);
        vnnlib_destroy(lib);
    }
}
END_TEST

static const char *const seeds[] = {
    "(declare-const X_0 Real)\n(declare-fun |Y_0| () Real) ; text\n"
    "(assert (or (and (>= X_0 -1.5e-3) (< -X_0 #xff)) (not (= Y_0 .5))))\n"
    "(assert (=> true (distinct (+ X_0 1 (* 2 Y_0)) (- 1))))",
    "(vnnlib-version <2.0>)\n(declare-network f (declare-input X real [2,3])"
    "(declare-hidden H real [] \"a\\\"b\")(declare-output Y real [1]))\n"
    "(declare-network g (equal-to f)(declare-input P real [2,3])"
    "(declare-output Q real [1]))\n"
    "(assert (or (<= X[0,2] -1.5) (and (== Y[0] Q[0]) (!= H (+ 1.0 P[1,1])))))",
};

/* Between one and four bytes changed, removed or doubled. */
static size_t damage(char *text, const char *seed, struct rng *rng)
{
    static const char bytes[] = "()[]<>=+-*.,;|\"#\\ \n09exX_\x80\x01";
    size_t n = strlen(seed);
    memcpy(text, seed, n);
    for (size_t k = 1 + rng_below(rng, 4); k > 0 && n > 1; k--) {
        const size_t i = rng_below(rng, n);
        const size_t action = rng_below(rng, 4);
        if (action == 0) {
            memmove(text + i, text + i + 1, n - i - 1);
            n--;
        } else if (action == 1) {
            memmove(text + i + 1, text + i, n - i);
            n++;
        } else if (action == 2) {
            n = i + 1;
        } else {
            text[i] = bytes[rng_below(rng, sizeof bytes)];
        }
    }
    return n;
}

START_TEST(damaged_files_are_refused_with_a_place_or_read)
{
    char text[1024];
    struct rng rng;
    size_t n_read = 0;
    const size_t count = test_count(4000);
    rng_init(&rng, test_seed() + 1);
    const size_t n_live = alloc_live_bytes();
    for (size_t i = 0; i < count; i++) {
        const size_t n = damage(text, seeds[i % 2], &rng);
        struct vnnlib *lib = NULL;
        struct diagnostics diagnostics = {0};
        struct error error = {0};
        const struct bytes bytes = {alloc_string(text, n), n};
        const enum status status = vnnlib_parse(
            &lib, &diagnostics, "test", bytes, rng_below(&rng, 2) == 0, &error);
        ck_assert((status == STATUS_OK) == (lib != NULL));
        n_read += lib != NULL ? 1 : 0;
        if (status != STATUS_OK) {
            ck_assert_int_eq(status, STATUS_BAD_INPUT);
            ck_assert_msg(error.message[0] != '\0' && error.line >= 1 &&
                              error.column >= 1,
                          "%.*s", (int)n, text);
        }
        diagnostics_clear(&diagnostics);
        vnnlib_destroy(lib);
        ck_assert_uint_eq(alloc_live_bytes(), n_live);
    }
    ck_assert_uint_gt(n_read, 0);
    ck_assert_uint_lt(n_read, count);
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("vnnlib");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, print_and_reparse_gives_the_same_tree);
    tcase_add_test(cases, damaged_files_are_refused_with_a_place_or_read);
    return cases;
}
