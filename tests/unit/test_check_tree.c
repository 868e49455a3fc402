/* Hand-made certificates: each rule once used, and each way to break one. */
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

/* Both arithmetics and the twin give the expected exit status; frees. */
static void expect(const struct ref_subject *subject, struct ref_bytes *bytes,
                   int status)
{
    const enum ref_verdict verdict = ref_certificate_judge(
        bytes->data, bytes->n, subject->network, subject->query);
    ck_assert_int_eq(ref_subject_check(subject, bytes, CHECK_EXACT), status);
    ck_assert_int_eq(ref_subject_check(subject, bytes, CHECK_FAST), status);
    if (status == 0) {
        ck_assert_int_eq(verdict, REF_ACCEPTED);
    }
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
    ref_cert_leaf(&cert, true, false);
    expect_cert(&subject, &cert, status);
    ref_subject_close(&subject);
}

START_TEST(a_leaf_closes_by_one_atom)
{
    expect_leaf("(assert (>= Y_0 5))", 0);
    expect_leaf("(assert (<= Y_0 -1))", 0);
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

START_TEST(any_atom_of_a_disjunct_will_do)
{
    expect_leaf("(assert (<= Y_1 9))(assert (<= Y_0 9))(assert (>= Y_0 -9))"
                "(assert (>= Y_1 -9))(assert (<= Y_1 8))(assert (>= Y_0 5))",
                0);
}
END_TEST

START_TEST(a_bound_of_zero_refutes_strict_atoms_only)
{
    expect_leaf("(assert (< Y_0 0))", 0);
    expect_leaf("(assert (<= Y_0 0))", 1);
    /* The line above y is z / 2 + 1: Y0 <= 2 + x0 <= 3 exactly. */
    expect_leaf("(assert (> Y_0 3))", 0);
    expect_leaf("(assert (>= Y_0 3))", 1);
}
END_TEST

START_TEST(a_disjunct_without_atoms_never_closes)
{
    expect_leaf("", 1);
}
END_TEST

START_TEST(facts_come_from_refreshing_only)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, false, false);
    expect_cert(&subject, &cert, 1);
    ref_subject_close(&subject);
}
END_TEST

/* x0 in [-1, 0], [0, 1/2], [1/2, 1], the last thresholds explicit. */
static struct ref_cert split_inputs(const struct ref_subject *subject,
                                    int64_t mantissa, int64_t exponent)
{
    struct ref_cert cert = ref_subject_cert(subject);
    ref_cert_input(&cert, true, 0, 2);
    ref_cert_leaf(&cert, true, false);
    ref_cert_input_at(&cert, false, 0, 2, mantissa, exponent);
    ref_cert_leaf(&cert, true, false);
    ref_cert_leaf(&cert, true, false);
    return cert;
}

START_TEST(input_splits_narrow_the_box)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 2.9))");
    struct ref_cert cert = split_inputs(&subject, 1, -1);
    expect_cert(&subject, &cert, 0);
    cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, true, false);
    expect_cert(&subject, &cert, 1);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(thresholds_lie_inside_the_box_and_on_its_grid)
{
    struct ref_subject subject;
    const struct {
        int64_t mantissa, exponent;
        int status;
    } cases[] = {{1, -1, 0},   {1, -40, 0},   {1, -41, 1},   {0, 0, 1},
                 {1, 0, 1},    {-1, -1, 1},   {3, 0, 1},     {1, 200, 1},
                 {1, 9999, 1}, {1, -9999, 1}, {1, 20000, 4}, {2, -41, 0}};
    open_small(&subject, "(assert (>= Y_0 5))");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ref_cert cert =
            split_inputs(&subject, cases[i].mantissa, cases[i].exponent);
        expect_cert(&subject, &cert, cases[i].status);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(a_default_threshold_needs_room)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (unsigned n = 1; n <= 3; n++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        cert.box_bits = 0; /* [-1, 1], then [-1, 0], then nothing between */
        for (unsigned i = 0; i < n; i++) {
            ref_cert_input(&cert, false, 0, 2);
        }
        for (unsigned i = 0; i <= n; i++) {
            ref_cert_leaf(&cert, true, false);
        }
        expect_cert(&subject, &cert, n == 1 ? 0 : 1);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(splits_of_no_input_are_malformed)
{
    const size_t widths[] = {3, 1};
    const double weight[] = {1, 1, 1};
    const double *weights[] = {weight};
    const double *biases[] = {NO_BIAS};
    struct ref_bytes model = ref_subject_chain(1, widths, weights, biases);
    struct ref_subject subject;
    ref_subject_open(&subject, &model,
                     "(declare-const X_0 Real)(declare-const X_1 Real)"
                     "(declare-const X_2 Real)(declare-const Y_0 Real)"
                     "(assert (>= X_0 0))(assert (<= X_0 1))(assert (>= X_1 0))"
                     "(assert (<= X_1 1))(assert (>= X_2 0))(assert (<= X_2 1))"
                     "(assert (>= Y_0 4))\n");
    for (unsigned input = 0; input < 4; input++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        ref_cert_input(&cert, false, input, 3);
        ref_cert_leaf(&cert, true, false);
        ref_cert_leaf(&cert, true, false);
        expect_cert(&subject, &cert, input < 3 ? 0 : 3);
    }
    ref_subject_close(&subject);
}
END_TEST

/* max(z0, 0) and max(z1, 0) split one after the other: exact in each leaf. */
static struct ref_cert split_neurons(const struct ref_subject *subject)
{
    struct ref_cert cert = ref_subject_cert(subject);
    ref_cert_neuron(&cert, true, 0, 0);
    for (int side = 0; side < 2; side++) {
        ref_cert_neuron(&cert, true, 0, 1);
        ref_cert_leaf(&cert, true, false);
        ref_cert_leaf(&cert, true, false);
    }
    return cert;
}

START_TEST(neuron_splits_fix_phases)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 2.125))");
    struct ref_cert cert = split_neurons(&subject);
    expect_cert(&subject, &cert, 0);
    cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, true, false);
    expect_cert(&subject, &cert, 1);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(splits_of_no_neuron_are_rejected)
{
    struct ref_subject subject;
    const uint64_t neurons[][2] = {{0, 2}, {1, 0}, {UINT64_MAX, 0}};
    open_small(&subject, "(assert (>= Y_0 5))");
    for (size_t i = 0; i < 3; i++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        ref_cert_neuron(&cert, true, neurons[i][0], neurons[i][1]);
        ref_cert_leaf(&cert, true, false);
        ref_cert_leaf(&cert, true, false);
        expect_cert(&subject, &cert, 1);
    }
    ref_subject_close(&subject);
}
END_TEST

/* Y0 >= 9/4 and x0 <= 1/2 together, or both literals of two neurons. */
static void expect_combination(const char *assertions, uint64_t n_atoms,
                               uint64_t mantissa, int64_t exponent, int status)
{
    struct ref_subject subject;
    open_small(&subject, assertions);
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, true, true);
    ref_cert_number(&cert, 1);
    ref_cert_number(&cert, n_atoms);
    for (uint64_t a = 0; a < n_atoms; a++) {
        ref_cert_multiplier(&cert, a, a == 0 ? 1 : mantissa,
                            a == 0 ? 0 : exponent);
    }
    ref_cert_number(&cert, 0);
    expect_cert(&subject, &cert, status);
    ref_subject_close(&subject);
}

START_TEST(atoms_are_combined)
{
    /* Y0 >= 2.9, Y0 - 2 * x0 <= 2.4 contradicts Y0 <= 2 + x0 only if added
     * up: multiplied by 1 and eta, -Y0 + eta*(Y0 - 2*x0). */
    const char both[] = "(assert (>= Y_0 2.5))(assert (<= (+ Y_1 X_0) -9))";
    expect_combination(both, 2, 1, 0, 0);
    expect_combination(both, 1, 1, 0, 1);
    expect_combination(both, 3, 1, 0, 1); /* no such atom */
    expect_combination(both, 0, 1, 0, 1);
    expect_combination(both, 2, 1, -9999, 1);
    expect_combination(both, 2, 0, 0, 3); /* multipliers are positive */
    expect_combination(both, 2, 1, 10001, 4);
}
END_TEST

START_TEST(one_strict_atom_makes_a_combination_strict)
{
    const char plain[] = "(assert (<= Y_0 0))(assert (>= Y_0 0))";
    const char strict[] = "(assert (<= Y_0 0))(assert (> Y_0 0))";
    expect_combination(plain, 2, 1, 0, 1);
    const char first[] = "(assert (< Y_0 0))(assert (>= Y_0 0))";
    expect_combination(strict, 2, 1, 0, 0);
    expect_combination(first, 2, 1, 0, 0);
    expect_combination(strict, 1, 1, 0, 1);
}
END_TEST

/* A path of neuron 0 and x0, both sides closed by a combination with the
 * literal at `place`. The left region has z0 <= 0, the right one z0 >= 0. */
static void expect_literals(const uint64_t *places, int status)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= (+ X_0 X_1) 0.5))"
                         "(assert (<= (+ X_0 X_1) -0.5))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_neuron(&cert, true, 0, 0);
    for (uint64_t side = 0; side < 2; side++) {
        ref_cert_leaf(&cert, true, true);
        ref_cert_number(&cert, 1);
        ref_cert_number(&cert, 1);
        ref_cert_multiplier(&cert, side, 3, 0);
        ref_cert_number(&cert, 1);
        ref_cert_multiplier(&cert, places[side], 3, 0);
    }
    expect_cert(&subject, &cert, status);
    ref_subject_close(&subject);
}

START_TEST(literals_of_the_path_are_combined)
{
    const uint64_t right[] = {0, 0};
    const uint64_t beyond[] = {1, 0};
    expect_literals(right, 0);
    expect_literals(beyond, 1);
}
END_TEST

START_TEST(literals_of_input_splits_are_no_multipliers)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_input(&cert, true, 0, 2);
    for (uint64_t side = 0; side < 2; side++) {
        ref_cert_leaf(&cert, true, true);
        ref_cert_number(&cert, 1);
        ref_cert_number(&cert, 1);
        ref_cert_multiplier(&cert, 0, 1, 0);
        ref_cert_number(&cert, 1);
        ref_cert_multiplier(&cert, 0, 1, 0);
    }
    expect_cert(&subject, &cert, 1);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(empty_regions_are_closed)
{
    struct ref_subject subject;
    /* z0 = x0 + x1 <= 0 and x0, x1 in [1/2, 1]: no execution. */
    open_small(&subject, "(assert (>= X_0 0.5))(assert (>= X_1 0.5))"
                         "(assert (<= Y_1 0.5))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_neuron(&cert, false, 0, 0);
    ref_cert_leaf(&cert, true, false);
    ref_cert_leaf(&cert, true, false);
    expect_cert(&subject, &cert, 1); /* the other side is not closed */
    ref_subject_close(&subject);
    open_small(&subject, "(assert (>= X_0 0.5))(assert (>= X_1 0.5))"
                         "(assert (<= Y_0 0.5))");
    cert = ref_subject_cert(&subject);
    ref_cert_neuron(&cert, true, 0, 0); /* z0 >= 1 and z0 <= 0 */
    ref_cert_neuron(&cert, true, 0, 0);
    ref_cert_leaf(&cert, false, true);
    ref_cert_number(&cert, 0);
    ref_cert_leaf(&cert, false, false);
    ref_cert_leaf(&cert, true, false);
    expect_cert(&subject, &cert, 0);
    ref_subject_close(&subject);
}
END_TEST

/*
 * Sibling context. x0 + x1 >= 1/2 is satisfiable, but not with z0 <= 0, and
 * z0 <= 0 is empty where x0, x1 > 0. Each certificate closes a right region
 * with what holds in its left sibling only.
 */
START_TEST(what_holds_in_a_child_does_not_reach_its_sibling)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= (+ X_0 X_1) 0.5))");
    /* Left: z0 <= 0 closes. Right: the same literal would be needed. */
    for (unsigned depth = 1; depth <= 3; depth++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        for (unsigned d = 0; d < depth; d++) {
            ref_cert_neuron(&cert, d % 2 == 0, 0, d % 2);
        }
        for (unsigned d = 0; d <= depth; d++) {
            ref_cert_leaf(&cert, true, true);
            ref_cert_number(&cert, 1);
            ref_cert_number(&cert, 1);
            ref_cert_multiplier(&cert, 0, 1, 0);
            ref_cert_number(&cert, 1);
            ref_cert_multiplier(&cert, 0, 1, 0);
        }
        expect_cert(&subject, &cert, 1);
    }
    ref_subject_close(&subject);
    /* Left empty (z0 <= 0 with x >= 1/2), right not closed by it. */
    open_small(&subject, "(assert (>= X_0 0.5))(assert (>= X_1 0.5))"
                         "(assert (>= Y_0 0.5))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_neuron(&cert, false, 0, 0);
    ref_cert_leaf(&cert, true, false);
    ref_cert_leaf(&cert, false, false);
    expect_cert(&subject, &cert, 1);
    /* The same after a split below the empty region. */
    cert = ref_subject_cert(&subject);
    ref_cert_neuron(&cert, true, 0, 0);
    ref_cert_input(&cert, true, 0, 2);
    ref_cert_leaf(&cert, true, false);
    ref_cert_leaf(&cert, true, false);
    ref_cert_leaf(&cert, false, false);
    expect_cert(&subject, &cert, 1);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(facts_of_a_child_do_not_reach_its_sibling)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 2.4))");
    /* Without the last refresh the right leaf would need facts of the left:
     * there x0 <= -1/2 and so Y0 <= 1.5 + ... */
    for (int refresh = 0; refresh < 2; refresh++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        ref_cert_input(&cert, false, 0, 2);
        ref_cert_leaf(&cert, true, false);
        ref_cert_leaf(&cert, refresh != 0, false);
        expect_cert(&subject, &cert, 1);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(thresholds_of_a_child_do_not_reach_its_sibling)
{
    struct ref_subject subject;
    /* Closed where x1 <= 0 only. */
    open_small(&subject, "(assert (>= (+ X_0 X_1) 1.75))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_input(&cert, true, 1, 2);
    ref_cert_leaf(&cert, true, false);
    ref_cert_leaf(&cert, true, false);
    expect_cert(&subject, &cert, 1);
    ref_subject_close(&subject);
}
END_TEST

/* Trees with a child missing, doubled or in the wrong place. */
START_TEST(trees_have_all_their_children)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 2.9))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_input(&cert, true, 0, 2);
    ref_cert_leaf(&cert, true, false);
    expect_cert(&subject, &cert, 3); /* child 1 is missing */
    cert = ref_subject_cert(&subject);
    expect_cert(&subject, &cert, 3); /* no tree */
    cert = split_inputs(&subject, 1, -1);
    ref_cert_leaf(&cert, true, false);
    expect_cert(&subject, &cert, 3); /* one leaf more */
    cert = split_inputs(&subject, 1, -1);
    ref_cert_bits(&cert, 1, 1);
    expect_cert(&subject, &cert, 3); /* one bit more */
    cert = split_inputs(&subject, 1, -1);
    ref_cert_bits(&cert, 0, 8);
    expect_cert(&subject, &cert, 3); /* one byte more */
    cert = split_inputs(&subject, 1, -1);
    ref_cert_number(&cert, 0);
    expect_cert(&subject, &cert, 3); /* data that is not used */
    ref_subject_close(&subject);
}
END_TEST

START_TEST(swapped_children_are_checked_where_they_stand)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= (+ X_0 X_1) 1.75))");
    for (int swapped = 0; swapped < 2; swapped++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        ref_cert_neuron(&cert, true, 0, 0);
        for (int side = 0; side < 2; side++) {
            if (side == swapped) {
                ref_cert_leaf(&cert, true, true); /* z0 <= 0 */
                ref_cert_number(&cert, 1);
                ref_cert_number(&cert, 1);
                ref_cert_multiplier(&cert, 0, 1, 0);
                ref_cert_number(&cert, 1);
                ref_cert_multiplier(&cert, 0, 1, 0);
            } else {
                ref_cert_input(&cert, true, 0, 2); /* not enough */
                ref_cert_leaf(&cert, true, false);
                ref_cert_leaf(&cert, true, false);
            }
        }
        expect_cert(&subject, &cert, 1);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(hashes_bind_the_files_and_the_query)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (size_t h = 0; h < 3; h++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        cert.hashes[h][31] ^= 1U;
        ref_cert_leaf(&cert, true, false);
        struct ref_bytes bytes = ref_cert_finish(&cert);
        ck_assert_int_eq(ref_subject_check(&subject, &bytes, CHECK_FAST), 1);
        ref_bytes_clear(&bytes);
    }
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, true, false);
    struct ref_bytes bytes = ref_cert_finish(&cert);
    bytes.data[bytes.n - 1] ^= 1U;
    expect(&subject, &bytes, 1);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(the_number_of_cases_is_that_of_the_query)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (uint64_t n = 0; n < 3; n++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        cert.n_cases = n;
        for (uint64_t i = 0; i < n; i++) {
            ref_cert_leaf(&cert, true, false);
        }
        expect_cert(&subject, &cert, n == 1 ? 0 : 1);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(every_case_has_its_own_tree_and_context)
{
    struct ref_subject subject;
    open_small(&subject,
               "(assert (or (and (<= X_0 0) (>= Y_0 2.9))"
               "            (and (>= X_0 0) (<= X_0 0.5) (>= Y_0 2.9))"
               "            (and (>= X_0 0.5) (>= Y_0 2.9))))");
    ck_assert_uint_eq(subject.query->n_cases, 3);
    for (unsigned refreshed = 0; refreshed < 4; refreshed++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        for (unsigned i = 0; i < 3; i++) {
            ref_cert_leaf(&cert, i != refreshed, false);
        }
        expect_cert(&subject, &cert, refreshed < 3 ? 1 : 0);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(closings_are_there_for_every_disjunct)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (or (and (>= Y_0 5)) (and (>= Y_1 5))))");
    for (uint64_t n = 0; n < 4; n++) {
        struct ref_cert cert = ref_subject_cert(&subject);
        ref_cert_leaf(&cert, true, true);
        for (uint64_t i = 0; i < n; i++) {
            ref_cert_number(&cert, 0);
        }
        expect_cert(&subject, &cert, n == 2 ? 0 : 3);
    }
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, true, true);
    ref_cert_number(&cert, 0);
    ref_cert_number(&cert, 2); /* no such kind */
    expect_cert(&subject, &cert, 3);
    ref_subject_close(&subject);
}
END_TEST

/* A weight one ulp larger pushes a bound that was 0 below it. */
START_TEST(one_ulp_of_a_weight_decides)
{
    const size_t widths[] = {1, 1, 1};
    const double first[] = {1.0};
    const double bias[] = {0.0};
    const double seconds[] = {1.0, 1.0 + 0x1p-23};
    for (size_t i = 0; i < 2; i++) {
        struct ref_subject subject;
        const double *weights[] = {first, &seconds[i]};
        const double *biases[] = {bias, bias};
        struct ref_bytes model = ref_subject_chain(2, widths, weights, biases);
        ref_subject_open(&subject, &model,
                         "(declare-const X_0 Real)(declare-const Y_0 Real)"
                         "(assert (>= X_0 0))(assert (<= X_0 1))"
                         "(assert (> Y_0 1))\n");
        struct ref_cert cert = ref_subject_cert(&subject);
        ref_cert_leaf(&cert, true, false);
        expect_cert(&subject, &cert, i == 0 ? 0 : 1);
        ref_subject_close(&subject);
    }
}
END_TEST

/* A certificate with every kind of record. */
static struct ref_bytes make_rich(const struct ref_subject *subject)
{
    struct ref_cert cert = ref_subject_cert(subject);
    ref_cert_input_at(&cert, true, 0, 2, 1, -1);
    ref_cert_neuron(&cert, true, 0, 0);
    ref_cert_leaf(&cert, true, true);
    ref_cert_number(&cert, 1);
    ref_cert_number(&cert, 1);
    ref_cert_multiplier(&cert, 0, 200, -3);
    ref_cert_number(&cert, 1);
    ref_cert_multiplier(&cert, 1, 1, -10);
    ref_cert_number(&cert, 0);
    ref_cert_leaf(&cert, true, false);
    ref_cert_input(&cert, false, 1, 2);
    ref_cert_leaf(&cert, true, false);
    ref_cert_leaf(&cert, true, false);
    return ref_cert_finish(&cert);
}

static void open_rich(struct ref_subject *subject)
{
    open_small(subject, "(assert (or (and (>= Y_0 2.875)) (and (> Y_1 3))))");
}

START_TEST(every_cut_is_malformed)
{
    struct ref_subject subject;
    open_rich(&subject);
    struct ref_bytes whole = make_rich(&subject);
    ck_assert_int_eq(ref_subject_check(&subject, &whole, CHECK_FAST), 0);
    for (size_t n = 0; n < whole.n; n++) {
        struct ref_bytes cut = {.data = whole.data, .n = n};
        ck_assert_int_eq(ref_subject_check(&subject, &cut, CHECK_FAST), 3);
    }
    struct ref_bytes longer = {0};
    ref_bytes_append(&longer, whole.data, whole.n);
    ref_bytes_append(&longer, "", 1);
    expect(&subject, &longer, 3);
    ref_bytes_clear(&whole);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(heads_of_other_formats_are_refused)
{
    struct ref_subject subject;
    const struct {
        size_t at;
        unsigned char value;
        int status;
    } cases[] = {{0, 'a', 3}, {4, 2, 4},  {5, 1, 4}, {6, 61, 3},
                 {7, 61, 3},  {8, 17, 3}, {8, 0, 3}, {6, 60, 0},
                 {7, 60, 0},  {8, 16, 0}, {6, 2, 0}, {7, 4, 0}};
    open_rich(&subject);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ref_bytes bytes = make_rich(&subject);
        bytes.data[cases[i].at] = cases[i].value;
        ref_cert_repair(&bytes);
        expect(&subject, &bytes, cases[i].status);
    }
    ref_subject_close(&subject);
}
END_TEST

/* Every bit flipped, with the hash repaired: what is accepted, the twin must
 * accept; both arithmetics agree. */
START_TEST(accepted_mutants_are_proofs)
{
    struct ref_subject subject;
    size_t n_accepted = 0;
    open_rich(&subject);
    struct ref_bytes bytes = make_rich(&subject);
    for (size_t bit = 0; bit < 8 * (bytes.n - 32); bit++) {
        bytes.data[bit / 8] ^= (unsigned char)(1U << (bit % 8));
        ref_cert_repair(&bytes);
        if (bit / 8 < 9 || bit / 8 >= 9 + 96) {
            const int status = ref_subject_check(&subject, &bytes, CHECK_FAST);
            const enum ref_verdict verdict = ref_certificate_judge(
                bytes.data, bytes.n, subject.network, subject.query);
            ck_assert_msg((status == 0) == (verdict == REF_ACCEPTED),
                          "bit %zu: exit %d, twin %d", bit, status,
                          (int)verdict);
            ck_assert_int_le(status, 4);
            n_accepted += status == 0 ? 1 : 0;
        }
        bytes.data[bit / 8] ^= (unsigned char)(1U << (bit % 8));
    }
    ck_assert_uint_gt(n_accepted, 5);
    ref_bytes_clear(&bytes);
    ref_subject_close(&subject);
}
END_TEST

/* The example of FORMAT.md, byte by byte. */
START_TEST(the_example_of_the_format_is_accepted)
{
    static const unsigned char trees[] = {0x65, 0x50};
    static const unsigned char data[] = {
        0x00, 0x00, 0x01, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01,
        0x01, 0x01, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x01};
    const int64_t shape[] = {1, 1};
    const double half = -0.5;
    struct ref_subject subject;
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, shape, 2);
    ref_model_floats(&model, "h", shape, 2, &half);
    ref_model_node(&model, "Relu", "X", "v");
    ref_model_node(&model, "Mul", "X,h", "s");
    ref_model_node(&model, "Add", "v,s", "Y");
    ref_model_output(&model, "Y", 1, shape, 2);
    struct ref_bytes file = ref_model_finish(&model);
    ref_subject_open(&subject, &file,
                     "(declare-const X_0 Real)(declare-const Y_0 Real)"
                     "(assert (>= X_0 -1))(assert (<= X_0 1))"
                     "(assert (<= Y_0 -0.25))\n");
    struct ref_cert cert = ref_subject_cert(&subject);
    cert.slope_bits = 16;
    ref_bytes_append(&cert.trees, trees, sizeof trees);
    ref_bytes_append(&cert.data, data, sizeof data);
    expect_cert(&subject, &cert, 0);
    ref_subject_close(&subject);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_tree");
    tcase_add_test(cases, a_leaf_closes_by_one_atom);
    tcase_add_test(cases, every_disjunct_must_close);
    tcase_add_test(cases, any_atom_of_a_disjunct_will_do);
    tcase_add_test(cases, a_bound_of_zero_refutes_strict_atoms_only);
    tcase_add_test(cases, a_disjunct_without_atoms_never_closes);
    tcase_add_test(cases, facts_come_from_refreshing_only);
    tcase_add_test(cases, input_splits_narrow_the_box);
    tcase_add_test(cases, thresholds_lie_inside_the_box_and_on_its_grid);
    tcase_add_test(cases, a_default_threshold_needs_room);
    tcase_add_test(cases, splits_of_no_input_are_malformed);
    tcase_add_test(cases, neuron_splits_fix_phases);
    tcase_add_test(cases, splits_of_no_neuron_are_rejected);
    tcase_add_test(cases, atoms_are_combined);
    tcase_add_test(cases, one_strict_atom_makes_a_combination_strict);
    tcase_add_test(cases, literals_of_the_path_are_combined);
    tcase_add_test(cases, literals_of_input_splits_are_no_multipliers);
    tcase_add_test(cases, empty_regions_are_closed);
    tcase_add_test(cases, what_holds_in_a_child_does_not_reach_its_sibling);
    tcase_add_test(cases, facts_of_a_child_do_not_reach_its_sibling);
    tcase_add_test(cases, thresholds_of_a_child_do_not_reach_its_sibling);
    tcase_add_test(cases, trees_have_all_their_children);
    tcase_add_test(cases, swapped_children_are_checked_where_they_stand);
    tcase_add_test(cases, hashes_bind_the_files_and_the_query);
    tcase_add_test(cases, the_number_of_cases_is_that_of_the_query);
    tcase_add_test(cases, every_case_has_its_own_tree_and_context);
    tcase_add_test(cases, closings_are_there_for_every_disjunct);
    tcase_add_test(cases, one_ulp_of_a_weight_decides);
    tcase_add_test(cases, every_cut_is_malformed);
    tcase_add_test(cases, heads_of_other_formats_are_refused);
    tcase_add_test(cases, accepted_mutants_are_proofs);
    tcase_add_test(cases, the_example_of_the_format_is_accepted);
    return cases;
}
