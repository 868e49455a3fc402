/* Random networks and certificates: the checker agrees with its twin. */
#include "src/base/rng.h"
#include "tests/ref/ref_certificate.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WIDTH = 4, MOST_LAYERS = 4, MOST_DEPTH = 3 };

/* A random network with its property. */
struct sample {
    struct rng rng;
    size_t n_layers;
    size_t widths[MOST_LAYERS + 1];
    double weights[MOST_LAYERS][MOST_WIDTH * MOST_WIDTH];
    double biases[MOST_LAYERS][MOST_WIDTH];
    char property[8192];
};

static size_t draw(struct sample *sample, size_t n)
{
    return (size_t)rng_below(&sample->rng, n);
}

/* Small integers, short fractions, or any float32 of some magnitudes. Values
 * stay far below the checker's limit on facts. */
static double draw_weight(struct sample *sample)
{
    const double small = (double)draw(sample, 9) - 4.0;
    switch (draw(sample, 4)) {
    case 0:
        return small;
    case 1:
        return small / 8.0;
    case 2:
        return (double)(float)ldexp(small * 1234567.0 + 1.0,
                                    -20 - (int)draw(sample, 40));
    default:
        return (double)(float)(small +
                               (double)draw(sample, 1U << 20) * 0x1p-20);
    }
}

static void draw_network(struct sample *sample)
{
    sample->n_layers = 1 + draw(sample, MOST_LAYERS);
    for (size_t l = 0; l <= sample->n_layers; l++) {
        sample->widths[l] = 1 + draw(sample, MOST_WIDTH);
    }
    for (size_t l = 0; l < sample->n_layers; l++) {
        for (size_t i = 0; i < (size_t)MOST_WIDTH * MOST_WIDTH; i++) {
            sample->weights[l][i] = draw_weight(sample);
        }
        for (size_t i = 0; i < MOST_WIDTH; i++) {
            sample->biases[l][i] = draw_weight(sample) * 0.25;
        }
    }
}

static void append(struct sample *sample, const char *text)
{
    const size_t n = strlen(sample->property);
    (void)snprintf(sample->property + n, sizeof sample->property - n, "%s",
                   text);
}

/* An atom over one or two outputs with a right side far from all values of
 * the network, or close. */
static void append_atom(struct sample *sample)
{
    static const char *const comparisons[] = {"<=", ">=", "<", ">"};
    static const char *const scales[] = {"", "0", "00", "000", "0000"};
    char text[256];
    const size_t n = sample->widths[sample->n_layers];
    const size_t comparison = draw(sample, 4);
    (void)snprintf(text, sizeof text, "(%s (+ Y_%zu (* %d Y_%zu)) %s%zu%s.5)",
                   comparisons[comparison], draw(sample, n),
                   (int)draw(sample, 3) - 1, draw(sample, n),
                   comparison % 2 == 0 ? "-" : "", draw(sample, 30),
                   scales[draw(sample, 5)]);
    append(sample, text);
}

static void draw_property(struct sample *sample)
{
    char text[256];
    sample->property[0] = '\0';
    for (size_t i = 0; i < sample->widths[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "(declare-const X_%zu Real)(assert (>= X_%zu -0.%zu))"
                       "(assert (<= X_%zu 0.%zu))",
                       i, i, draw(sample, 10), i, draw(sample, 1000) + 1);
        append(sample, text);
    }
    for (size_t j = 0; j < sample->widths[sample->n_layers]; j++) {
        (void)snprintf(text, sizeof text, "(declare-const Y_%zu Real)", j);
        append(sample, text);
    }
    append(sample, "(assert (or");
    const size_t n_disjuncts = 1 + draw(sample, 2);
    for (size_t d = 0; d < n_disjuncts; d++) {
        append(sample, "(and ");
        for (size_t a = 0; a <= draw(sample, 3); a++) {
            append_atom(sample);
        }
        append(sample, ")");
    }
    append(sample, "))\n");
}

static void write_closings(struct sample *sample, struct ref_cert *cert,
                           const struct check_case *of, const bool *is_neuron,
                           size_t depth)
{
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        const bool is_combination = draw(sample, 3) != 0;
        ref_cert_number(cert, is_combination ? 1 : 0);
        if (!is_combination) {
            continue;
        }
        const size_t n = draw(sample, 3);
        ref_cert_number(cert, n);
        for (size_t i = 0; i < n; i++) {
            ref_cert_multiplier(cert, draw(sample, of->disjuncts[d].n_atoms),
                                1 + draw(sample, 4000),
                                (int64_t)draw(sample, 9) - 12);
        }
        size_t places[MOST_DEPTH];
        size_t n_places = 0;
        for (size_t i = 0; i < depth; i++) {
            if (is_neuron[i] && draw(sample, 2) != 0) {
                places[n_places++] = i;
            }
        }
        ref_cert_number(cert, n_places);
        for (size_t i = 0; i < n_places; i++) {
            ref_cert_multiplier(cert, places[i], 1 + draw(sample, 4000),
                                (int64_t)draw(sample, 9) - 12);
        }
    }
}

/* A random tree; is_neuron: the kinds of the splits above.
 * NOLINTNEXTLINE(misc-no-recursion): MOST_DEPTH at most. */
static void write_tree(struct sample *sample, struct ref_cert *cert,
                       const struct check_case *of, bool *is_neuron,
                       size_t depth)
{
    const bool refresh = draw(sample, 4) != 0;
    const unsigned n_inputs = (unsigned)sample->widths[0];
    if (depth == MOST_DEPTH || draw(sample, 3) == 0) {
        const bool is_explicit = draw(sample, 4) == 0;
        ref_cert_leaf(cert, refresh || draw(sample, 4) != 0, is_explicit);
        if (is_explicit) {
            write_closings(sample, cert, of, is_neuron, depth);
        }
        return;
    }
    is_neuron[depth] = sample->n_layers > 1 && draw(sample, 2) != 0;
    if (is_neuron[depth]) {
        const size_t r = draw(sample, sample->n_layers - 1);
        ref_cert_neuron(cert, refresh, r, draw(sample, sample->widths[r + 1]));
    } else if (draw(sample, 4) != 0) {
        ref_cert_input(cert, refresh, (unsigned)draw(sample, n_inputs),
                       n_inputs);
    } else {
        ref_cert_input_at(cert, refresh, (unsigned)draw(sample, n_inputs),
                          n_inputs, (int64_t)draw(sample, 100) - 20, -8);
    }
    for (int side = 0; side < 2; side++) {
        write_tree(sample, cert, of, is_neuron, depth + 1);
    }
}

static struct ref_bytes write_cert(struct sample *sample,
                                   const struct ref_subject *subject)
{
    struct ref_cert cert = ref_subject_cert(subject);
    bool is_neuron[MOST_DEPTH];
    if (draw(sample, 3) == 0) {
        cert.box_bits = (unsigned)draw(sample, 61);
        cert.fact_bits = (unsigned)draw(sample, 41);
        cert.slope_bits = 1 + (unsigned)draw(sample, 16);
    }
    for (size_t c = 0; c < subject->query->n_cases; c++) {
        write_tree(sample, &cert, &subject->query->cases[c], is_neuron, 0);
    }
    return ref_cert_finish(&cert);
}

static void open_sample(struct ref_subject *subject, struct sample *sample)
{
    const double *weights[MOST_LAYERS];
    const double *biases[MOST_LAYERS];
    draw_network(sample);
    draw_property(sample);
    for (size_t l = 0; l < sample->n_layers; l++) {
        weights[l] = sample->weights[l];
        biases[l] = sample->biases[l];
    }
    struct ref_bytes model =
        ref_subject_chain(sample->n_layers, sample->widths, weights, biases);
    ref_subject_open(subject, &model, sample->property);
}

/* Integers of any size and the rationals say the same. Words nearly always do:
 * a fact that is 0 or a little less makes a neuron stable or not, and the
 * latter may be refreshed again. */
START_TEST(random_certificates_are_judged_as_by_the_twin)
{
    struct sample sample;
    size_t n_accepted = 0;
    size_t n_rejected = 0;
    size_t n_other = 0;
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(150); i++) {
        struct ref_subject subject;
        open_sample(&subject, &sample);
        for (size_t k = 0; k < 3; k++) {
            struct ref_bytes bytes = write_cert(&sample, &subject);
            const int exact = ref_subject_check(&subject, &bytes, CHECK_EXACT);
            const int fast = ref_subject_check(&subject, &bytes, CHECK_FAST);
            const enum ref_verdict verdict = ref_certificate_judge(
                bytes.data, bytes.n, subject.network, subject.query);
            ck_assert_msg((exact == 0) == (verdict == REF_ACCEPTED),
                          "sample %zu.%zu: exit %d, twin %d\n%s", i, k, exact,
                          (int)verdict, sample.property);
            ck_assert_msg(exact <= 1 && fast <= 1, "exits %d %d", exact, fast);
            n_accepted += exact == 0 ? 1 : 0;
            n_rejected += exact == 0 ? 0 : 1;
            n_other += exact != fast ? 1 : 0;
            ref_bytes_clear(&bytes);
        }
        ref_subject_close(&subject);
    }
    ck_assert_uint_gt(n_accepted, n_rejected / 10);
    ck_assert_uint_gt(n_rejected, n_accepted / 10);
    ck_assert_uint_le(n_other, n_accepted / 50);
}
END_TEST

/* Random bytes changed, hash repaired: accepted mutants are proofs. */
START_TEST(accepted_mutants_are_accepted_by_the_twin)
{
    struct sample sample;
    size_t n_accepted = 0;
    size_t n_other = 0;
    rng_init(&sample.rng, test_seed() + 1);
    for (size_t i = 0; i < test_count(40); i++) {
        struct ref_subject subject;
        open_sample(&subject, &sample);
        struct ref_bytes bytes = write_cert(&sample, &subject);
        for (size_t k = 0; k < 8; k++) {
            const size_t head = 9 + 96;
            const size_t at = head + draw(&sample, bytes.n - 32 - head);
            const unsigned char kept = bytes.data[at];
            bytes.data[at] = (unsigned char)draw(&sample, 256);
            ref_cert_repair(&bytes);
            const int fast = ref_subject_check(&subject, &bytes, CHECK_FAST);
            const int exact = ref_subject_check(&subject, &bytes, CHECK_EXACT);
            const enum ref_verdict verdict = ref_certificate_judge(
                bytes.data, bytes.n, subject.network, subject.query);
            ck_assert_int_le(fast, 4);
            ck_assert((exact == 0) == (verdict == REF_ACCEPTED));
            n_accepted += exact == 0 ? 1 : 0;
            n_other += fast != exact ? 1 : 0;
            bytes.data[at] = kept;
        }
        ref_bytes_clear(&bytes);
        ref_subject_close(&subject);
    }
    ck_assert_uint_gt(n_accepted, 0);
    ck_assert_uint_le(n_other, n_accepted / 50);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_tree");
    tcase_add_test(cases, random_certificates_are_judged_as_by_the_twin);
    tcase_add_test(cases, accepted_mutants_are_accepted_by_the_twin);
    return cases;
}
