/* What a case depends on, through the layers of the checker. */
#include "proofs/check/check_needed.h"
#include "tests/suite.h"

#include <stdint.h>

enum { N = 7, RELUS = 2 };

/* x (0), z = (x, -x) (1, 2), max(z, 0) (3, 4), y = (3, 4; only 4) (5, 6). */
struct sample {
    size_t start[3][3];
    uint32_t column[2][3];
    double weight[3];
    double bias[2];
    uint32_t source[2];
    uint32_t output[2];
    struct check_layer layers[3];
    struct check_network network;
};

static void create(struct sample *s)
{
    *s = (struct sample){
        .start = {{0, 1, 2}, {0, 2, 3}},
        .column = {{0, 0}, {3, 4, 4}},
        .weight = {1.0, -1.0, 1.0},
        .source = {1, 2},
        .output = {5, 6},
    };
    s->layers[0] = (struct check_layer){.kind = CHECK_AFFINE,
                                        .first = 1,
                                        .width = 2,
                                        .start = s->start[0],
                                        .column = s->column[0],
                                        .weight = s->weight,
                                        .bias = s->bias};
    s->layers[1] = (struct check_layer){
        .kind = CHECK_RELU, .first = 3, .width = 2, .source = s->source};
    s->layers[2] = (struct check_layer){.kind = CHECK_AFFINE,
                                        .first = 5,
                                        .width = 2,
                                        .start = s->start[1],
                                        .column = s->column[1],
                                        .weight = s->weight,
                                        .bias = s->bias};
    s->network = (struct check_network){.n_inputs = 1,
                                        .n_outputs = 2,
                                        .n_relus = 1,
                                        .n_coordinates = N,
                                        .n_layers = 3,
                                        .layers = s->layers,
                                        .output = s->output};
}

/* The neurons bounded for a case about Y_output: bit i is neuron i. */
static unsigned bounded(const struct sample *s, struct check_needed *needed,
                        size_t output)
{
    struct check_term term = {.is_output = true, .index = output};
    const struct check_atom atom = {.n_terms = 1, .terms = &term};
    const struct check_atom *atoms[] = {&atom};
    struct check_disjunct disjunct = {.n_atoms = 1, .atoms = atoms};
    const struct check_case of = {.n_disjuncts = 1, .disjuncts = &disjunct};
    struct check_line lines[N] = {{0}};
    for (size_t i = 0; i < N; i++) {
        lines[i].phase = CHECK_UNSTABLE;
    }
    const struct check_region region = {.n_inputs = 1, .line = lines};
    uint32_t z[RELUS];
    check_needed_find(needed, &s->network, &of);
    needed->of = NULL; /* the case goes */
    const size_t n = check_needed_neurons(z, needed, &region, &s->layers[1]);
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        bits |= 1U << (z[i] - 1);
    }
    return bits;
}

START_TEST(only_what_an_atom_is_computed_from_is_bounded)
{
    struct sample sample;
    struct check_needed needed = {0};
    create(&sample);
    ck_assert_uint_eq(bounded(&sample, &needed, 0), 3);
    ck_assert_uint_eq(bounded(&sample, &needed, 1), 2);
    ck_assert(needed.is_needed[0] && !needed.is_needed[3]);
    ck_assert(needed.is_needed[4] && !needed.is_needed[5]);
    sample.network.same = (uint32_t[]){0, 1, 1, 3, 3, 5, 6};
    ck_assert_uint_eq(bounded(&sample, &needed, 1), 3);
    check_needed_clear(&needed);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_needed");
    tcase_add_test(cases, only_what_an_atom_is_computed_from_is_bounded);
    return cases;
}
