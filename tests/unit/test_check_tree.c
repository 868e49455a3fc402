/* Hand-made proofs: each rule once used, and ways to break it. */
#include "tests/ref/ref_certificate.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

/* y0 = max(x0 + x1, 0), y1 = max(x0 - x1, 0), Y0 = y0 + y1, Y1 = y0 - y1. On
 * the box |x| <= 1: Y0 = max(|x0 + x1| ..) lies in [0, 2]. */
static const double FIRST[] = {1, 1, 1, -1};
static const double SECOND[] = {1, 1, 1, -1};
static const double NO_BIAS[] = {0, 0};

static const char BOX[] = "(declare-const X_0 Real)(declare-const X_1 Real)"
                          "(declare-const Y_0 Real)(declare-const Y_1 Real)"
                          "(assert (>= X_0 -1))(assert (<= X_0 1))"
                          "(assert (>= X_1 -1))(assert (<= X_1 1))";

/* The network above and the box with more assertions. */
static void open_small(struct ref_subject *subject, const char *assertions)
{
    static char text[4096];
    const size_t widths[] = {2, 2, 2};
    const double *weights[] = {FIRST, SECOND};
    const double *biases[] = {NO_BIAS, NO_BIAS};
    struct ref_bytes model = ref_subject_chain(2, widths, weights, biases);
    (void)snprintf(text, sizeof text, "%s%s\n", BOX, assertions);
    ref_subject_open(subject, &model, text);
}

/* Both arithmetics, several threads and the twin agree; frees. */
static void expect(const struct ref_subject *subject, struct ref_bytes *bytes,
                   int status)
{
    char line[REF_SUBJECT_LINE];
    const enum ref_verdict verdict = ref_certificate_judge(
        bytes->data, bytes->n, subject->network, subject->query);
    ck_assert_int_eq(ref_subject_check(subject, bytes, CHECK_EXACT), status);
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        ck_assert_int_eq(
            ref_subject_run(subject, bytes, CHECK_FAST, n_threads, line),
            status);
        ck_assert_str_eq(line, status == 0   ? "unsat real"
                               : status == 1 ? "rejected"
                                             : "");
    }
    ck_assert_int_eq(verdict == REF_ACCEPTED, status == 0);
    ref_bytes_clear(bytes);
}

static void expect_cert(const struct ref_subject *subject,
                        struct ref_cert *cert, int status)
{
    struct ref_bytes bytes = ref_cert_finish(cert);
    expect(subject, &bytes, status);
}

/* One refreshed leaf that closes by default. */
static void expect_leaf(const char *assertions, int status)
{
    struct ref_subject subject;
    open_small(&subject, assertions);
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, 1);
    expect_cert(&subject, &cert, status);
    ref_subject_close(&subject);
}

START_TEST(a_leaf_closes_by_one_atom)
{
    expect_leaf("(assert (>= Y_0 5))", 0);
    expect_leaf("(assert (<= Y_0 -3))", 0);
    expect_leaf("(assert (>= Y_0 1))", 1);
}
END_TEST

START_TEST(every_disjunct_must_close)
{
    expect_leaf("(assert (or (and (>= Y_0 5)) (and (>= Y_1 5))))", 0);
    expect_leaf("(assert (or (and (>= Y_0 5)) (and (>= Y_1 1))))", 1);
    expect_leaf("(assert (or (and (>= Y_0 1)) (and (>= Y_1 5))))", 1);
}
END_TEST

START_TEST(a_bound_of_zero_refutes_strict_atoms_only)
{
    expect_leaf("(assert (< Y_0 -2))", 0);
    expect_leaf("(assert (<= Y_0 -2))", 1);
    expect_leaf("(assert (> Y_0 3))", 0);
    expect_leaf("(assert (>= Y_0 3))", 1);
}
END_TEST

START_TEST(a_disjunct_without_atoms_never_closes)
{
    expect_leaf("", 1);
}
END_TEST

/* Splits of x0 at a threshold, all leaves refreshed. */
static void expect_split(enum cert_threshold kind, int64_t threshold,
                         int status)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_input_at(&cert, 1, 0, kind, threshold);
    ref_cert_leaf(&cert, 1);
    ref_cert_leaf(&cert, 1);
    expect_cert(&subject, &cert, status);
    ref_subject_close(&subject);
}

START_TEST(thresholds_lie_inside_the_box)
{
    const int64_t one = (int64_t)1 << 40;
    expect_split(CERT_MIDPOINT, 0, 0);
    expect_split(CERT_FRACTION, 1, 0);
    expect_split(CERT_FRACTION, 31, 0);
    expect_split(CERT_FRACTION, 32, 3);
    expect_split(CERT_GRID, one - 1, 0);
    expect_split(CERT_GRID, one, 1);
    expect_split(CERT_GRID, -one, 1);
}
END_TEST

START_TEST(splits_name_what_is_there)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (int i = 0; i < 3; i++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        if (i == 0) {
            ref_cert_input(&cert, 1, 2);
        } else {
            ref_cert_neuron(&cert, 1, i == 1 ? 1 : 0, i == 1 ? 0 : 2);
        }
        ref_cert_leaf(&cert, 1);
        ref_cert_leaf(&cert, 1);
        expect_cert(&subject, &cert, 1);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(slopes_are_at_most_one_and_lemmas_ordered)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (uint16_t k = 255; k < 258; k++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        ref_cert_leaf(&cert, 1);
        ref_cert_slope(&cert, 0, 0, k);
        expect_cert(&subject, &cert, k <= 256 ? 0 : 3);
    }
    ref_subject_close(&subject);
}
END_TEST

/* A split with two disjuncts, of which it closes the first n by default. */
static void expect_closed(uint32_t n, const char *assertions, int status)
{
    struct ref_subject subject;
    open_small(&subject, assertions);
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_input(&cert, 1, 0);
    for (uint32_t d = 0; d < n; d++) {
        ref_cert_closing(&cert, d, true);
    }
    ref_cert_leaf(&cert, 1);
    ref_cert_leaf(&cert, 1);
    expect_cert(&subject, &cert, status);
    ref_subject_close(&subject);
}

START_TEST(inner_nodes_close_disjuncts_but_the_last)
{
    const char good[] = "(assert (or (and (>= Y_0 5)) (and (>= Y_1 5))))";
    expect_closed(0, good, 0);
    expect_closed(1, good, 0);
    expect_closed(2, good, 3);
    expect_closed(1, "(assert (or (and (>= Y_0 1)) (and (>= Y_1 5))))", 1);
}
END_TEST

/* Y0 >= 1/2 and x0 + x1 <= -1/2, ... : facts that need an atom. */
START_TEST(lemmas_cite_atoms_of_the_only_open_disjunct)
{
    const char *const assertions[] = {
        "(assert (<= (+ X_0 X_1) -0.5))",
        "(assert (or (and (<= (+ X_0 X_1) -0.5)) (and (>= Y_0 5))))"};
    for (size_t i = 0; i < 2; i++) {
        struct ref_subject subject;
        open_small(&subject, assertions[i]);
        struct ref_cert cert = ref_subject_cert(&subject);
        /* z0 <= -1/2 by the atom, against the literal z0 >= 0. */
        ref_cert_neuron(&cert, 1, 0, 0);
        ref_cert_leaf(&cert, 1);
        ref_cert_leaf(&cert, 1);
        ref_cert_lemma(&cert, 0, 0, true);
        ref_cert_atom(&cert, 0, 1, 0);
        expect_cert(&subject, &cert, 1);
        cert = ref_subject_cert(&subject);
        ref_cert_leaf(&cert, 1);
        ref_cert_lemma(&cert, 0, 0, true);
        ref_cert_atom(&cert, 0, 1, 0);
        ref_cert_lemma(&cert, 0, 0, false);
        ref_cert_atom(&cert, 0, 1, 2);
        expect_cert(&subject, &cert, 1);
        ref_subject_close(&subject);
    }
}
END_TEST

START_TEST(what_holds_in_a_child_does_not_reach_its_sibling)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= (+ X_0 X_1) 0.5))");
    for (uint32_t depth = 1; depth <= 9; depth++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        for (uint32_t d = 0; d < depth; d++) {
            ref_cert_neuron(&cert, d % 2, 0, d % 2);
        }
        for (uint32_t d = 0; d <= depth; d++) {
            ref_cert_leaf(&cert, 1);
            ref_cert_closing(&cert, 0, false);
            ref_cert_atom(&cert, 0, 1, 0);
            ref_cert_literal(&cert, d == 0 ? depth - 1 : depth - d, 1, 0);
        }
        expect_cert(&subject, &cert, 1);
    }
    ref_subject_close(&subject);
}
END_TEST

/* Y_0 + Y_1 = 2 * y0, which is 0 in child 0 only: what its atom was replaced by
 * there is no bound in child 1. */
START_TEST(forms_of_a_child_do_not_close_its_sibling)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= (+ Y_0 Y_1) 1))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_neuron(&cert, 0, 0, 0);
    ref_cert_leaf(&cert, 0);
    ref_cert_leaf(&cert, 0);
    expect_cert(&subject, &cert, 1);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(every_cut_is_malformed)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_input(&cert, 1, 0);
    ref_cert_leaf(&cert, 1);
    ref_cert_leaf(&cert, 1);
    struct ref_bytes whole = ref_cert_finish(&cert);
    for (size_t n = 0; n < whole.n; n++) {
        struct ref_bytes cut = {.data = whole.data, .n = n};
        ck_assert_int_eq(ref_subject_check(&subject, &cut, CHECK_FAST), 3);
    }
    whole.data[whole.n - 1] ^= 1U;
    expect(&subject, &whole, 1);
    ref_subject_close(&subject);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_tree");
    tcase_add_test(cases, a_leaf_closes_by_one_atom);
    tcase_add_test(cases, every_disjunct_must_close);
    tcase_add_test(cases, a_bound_of_zero_refutes_strict_atoms_only);
    tcase_add_test(cases, a_disjunct_without_atoms_never_closes);
    tcase_add_test(cases, thresholds_lie_inside_the_box);
    tcase_add_test(cases, splits_name_what_is_there);
    tcase_add_test(cases, slopes_are_at_most_one_and_lemmas_ordered);
    tcase_add_test(cases, inner_nodes_close_disjuncts_but_the_last);
    tcase_add_test(cases, lemmas_cite_atoms_of_the_only_open_disjunct);
    tcase_add_test(cases, what_holds_in_a_child_does_not_reach_its_sibling);
    tcase_add_test(cases, forms_of_a_child_do_not_close_its_sibling);
    tcase_add_test(cases, every_cut_is_malformed);
    return cases;
}
