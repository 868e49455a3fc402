/* Random networks and certificates: the checker agrees with its twin. */
#include "src/base/rng.h"
#include "tests/ref/ref_certificate.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WIDTH = 4, MOST_LAYERS = 4, MOST_DEPTH = 3, MOST_SPINE = 9 };
enum { MOST_DISJUNCTS = 64 };

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

/* Where a random tree is: disjuncts that are open, neuron splits above; most:
 * depth of the deepest node below. */
struct place {
    size_t depth;
    size_t most;
    size_t n_neurons;
    size_t n_open;
    bool is_open[MOST_DISJUNCTS];
};

static void write_combination(struct sample *sample, struct ref_cert *cert,
                              size_t n_atoms, size_t n_neurons)
{
    for (size_t n = n_atoms > 0 ? draw(sample, 3) : 0; n > 0; n--) {
        ref_cert_atom(cert, (uint32_t)draw(sample, n_atoms),
                      1 + 2 * draw(sample, 2000),
                      (int32_t)draw(sample, 9) - 12);
    }
    for (size_t n = n_neurons > 0 ? draw(sample, 3) : 0; n > 0; n--) {
        ref_cert_literal(cert, (uint32_t)draw(sample, n_neurons),
                         1 + 2 * draw(sample, 2000),
                         (int32_t)draw(sample, 9) - 12);
    }
}

/* Slopes and lemmas for a node. */
static void write_steps(struct sample *sample, struct ref_cert *cert,
                        const struct check_case *of, const struct place *place)
{
    size_t n_atoms = 0; /* of the only open disjunct */
    for (size_t d = 0; d < of->n_disjuncts && place->n_open == 1; d++) {
        n_atoms += place->is_open[d] ? of->disjuncts[d].n_atoms : 0;
    }
    for (size_t n = draw(sample, 4); n > 0; n--) {
        const size_t r = draw(sample, sample->n_layers - 1);
        ref_cert_slope(cert, (uint32_t)r,
                       (uint32_t)draw(sample, sample->widths[r + 1]),
                       (uint16_t)draw(sample, 257));
    }
    for (size_t r = 0; r + 1 < sample->n_layers; r++) {
        for (size_t n = draw(sample, 3); n > 0; n--) {
            ref_cert_lemma(cert, (uint32_t)r,
                           (uint32_t)draw(sample, sample->widths[r + 1]),
                           draw(sample, 2) != 0);
            write_combination(sample, cert, n_atoms, place->n_neurons);
        }
    }
}

/* Closes some of the open disjuncts of a split, or combines for a leaf. */
static void write_closings(struct sample *sample, struct ref_cert *cert,
                           const struct check_case *of, struct place *place,
                           bool is_leaf)
{
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        const bool is_default = !is_leaf && draw(sample, 2) != 0;
        if (!place->is_open[d] || draw(sample, is_leaf ? 4 : 8) != 0 ||
            (!is_leaf && place->n_open == 1)) {
            continue;
        }
        ref_cert_closing(cert, (uint32_t)d, is_default);
        if (!is_default) {
            write_combination(sample, cert, of->disjuncts[d].n_atoms,
                              place->n_neurons);
        }
        if (!is_leaf) {
            place->is_open[d] = false;
            place->n_open--;
        }
    }
}

/* A tree of MOST_DEPTH at most, or a spine: one of two children is a leaf.
 * NOLINTNEXTLINE(misc-no-recursion): MOST_SPINE at most. */
static void write_tree(struct sample *sample, struct ref_cert *cert,
                       const struct check_case *of, struct place place)
{
    const uint32_t input = (uint32_t)draw(sample, sample->widths[0]);
    const size_t layers = (size_t)1 << (sample->n_layers - 1);
    const uint64_t refresh =
        draw(sample, 4) != 0 ? layers - 1 : draw(sample, layers);
    const bool is_spine = place.most == MOST_SPINE;
    const bool is_leaf =
        place.depth == place.most || (!is_spine && draw(sample, 3) == 0);
    const int short_side = is_spine ? (int)draw(sample, 2) : 2;
    const bool is_neuron = sample->n_layers > 1 && draw(sample, 2) != 0;
    if (is_leaf) {
        ref_cert_leaf(cert, refresh);
    } else if (is_neuron) {
        const size_t r = draw(sample, sample->n_layers - 1);
        ref_cert_neuron(cert, refresh, (uint32_t)r,
                        (uint32_t)draw(sample, sample->widths[r + 1]));
    } else if (draw(sample, 3) != 0) {
        ref_cert_input(cert, refresh, input);
    } else if (draw(sample, 2) != 0) {
        ref_cert_input_at(cert, refresh, input, CERT_FRACTION,
                          1 + (int64_t)draw(sample, 31));
    } else {
        ref_cert_input_at(cert, refresh, input, CERT_GRID,
                          ((int64_t)draw(sample, 100) - 20) *
                              ((int64_t)1 << cert->cert.box_bits) / 256);
    }
    if (sample->n_layers > 1 && draw(sample, 3) == 0) {
        write_steps(sample, cert, of, &place);
    }
    write_closings(sample, cert, of, &place, is_leaf);
    place.depth++;
    place.n_neurons += is_neuron ? 1 : 0;
    for (int side = 0; side < 2 && !is_leaf; side++) {
        struct place child = place;
        child.most = side == short_side ? place.depth : place.most;
        write_tree(sample, cert, of, child);
    }
}

static struct ref_bytes write_cert(struct sample *sample,
                                   const struct ref_subject *subject)
{
    struct ref_cert cert = ref_subject_cert(subject);
    if (draw(sample, 3) == 0) {
        cert.cert.box_bits = (uint8_t)draw(sample, 52);
        cert.cert.fact_bits = (uint8_t)draw(sample, 41);
        cert.cert.slope_bits = (uint8_t)(1 + draw(sample, 16));
    }
    for (size_t c = 0; c < subject->query->n_cases; c++) {
        const struct check_case *of = &subject->query->cases[c];
        struct place root = {.n_open = of->n_disjuncts,
                             .most = draw(sample, 8) == 0 ? MOST_SPINE
                                                          : MOST_DEPTH};
        ck_assert_uint_le(of->n_disjuncts, MOST_DISJUNCTS);
        for (size_t d = 0; d < of->n_disjuncts; d++) {
            root.is_open[d] = true;
        }
        if (c > 0) {
            ref_cert_case(&cert, c);
        }
        write_tree(sample, &cert, of, root);
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

/* Integers of any size and the rationals say the same, and words accept what
 * they do. Words may accept more: a fact that is 0 or a little less makes a
 * neuron stable or not, and the latter may be refreshed again. */
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
            char line[REF_SUBJECT_LINE];
            const int fast = ref_subject_run(&subject, &bytes, CHECK_FAST,
                                             1 + draw(&sample, 3), line);
            const enum ref_verdict verdict = ref_certificate_judge(
                bytes.data, bytes.n, subject.network, subject.query);
            ck_assert_msg((exact == 0) == (verdict == REF_ACCEPTED),
                          "sample %zu.%zu: exit %d, twin %d\n%s", i, k, exact,
                          (int)verdict, sample.property);
            ck_assert_msg(exact <= 1 && fast <= exact, "exits %d %d", exact,
                          fast);
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
            const size_t head = 6 + 96;
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
