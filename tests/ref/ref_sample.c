/* Random tiny queries with whole weights, tight to exact minima or not. */
#include "tests/ref/ref_sample.h"

#include "src/base/require.h"
#include "src/num/rational.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_decide.h"
#include "tests/ref/ref_query.h"

enum { WIDTH_MAX = 4, OUTPUTS_MAX = 2, VALUES_MAX = 64, WIDE_MAX = 128 };

/* What is drawn. */
struct sample {
    struct rng *rng;
    struct query *query;
    enum ref_sample_kind kind;
};

static double whole(struct rng *rng, size_t reach)
{
    return (double)rng_below(rng, 2 * reach + 1) - (double)reach;
}

static size_t add_affine(struct layers *layers, struct rng *rng, size_t source,
                         size_t width)
{
    double weights[VALUES_MAX];
    double bias[WIDTH_MAX];
    for (size_t i = 0; i < VALUES_MAX; i++) {
        weights[i] =
            rng_below(rng, 4) == 0 ? 0.25 * whole(rng, 6) : whole(rng, 2);
    }
    for (size_t i = 0; i < WIDTH_MAX; i++) {
        bias[i] = 0.5 * whole(rng, 3);
    }
    return ref_build_affine(layers, source, width, weights, bias);
}

static void add_skip(struct layers *layers, struct rng *rng, size_t source)
{
    double weights[VALUES_MAX];
    for (size_t i = 0; i < VALUES_MAX; i++) {
        weights[i] = whole(rng, 1);
    }
    ref_build_term(layers, source, weights);
}

/* Two ReLU layers; some networks begin or end with a ReLU, some have skips
 * from a pre-activation or the input. */
static struct layers *random_layers(struct rng *rng)
{
    const size_t n_inputs = rng_below(rng, 4) == 0 ? 3 : 2;
    const size_t width = n_inputs == 3 ? 3 : WIDTH_MAX;
    struct layers *layers = ref_build_begin(n_inputs);
    size_t source = 0;
    if (rng_below(rng, 4) == 0) {
        source = ref_build_relu(layers, source);
    }
    const size_t z = add_affine(layers, rng, source, 2 + rng_below(rng, 2));
    source = ref_build_relu(layers, z);
    source = add_affine(layers, rng, source, 2 + rng_below(rng, width - 1));
    if (rng_below(rng, 3) == 0) {
        add_skip(layers, rng, z);
    }
    source = ref_build_relu(layers, source);
    source = add_affine(layers, rng, source, 1 + rng_below(rng, OUTPUTS_MAX));
    if (rng_below(rng, 3) == 0) {
        add_skip(layers, rng, 0);
    }
    if (rng_below(rng, 6) == 0) {
        (void)ref_build_relu(layers, source);
    }
    return layers;
}

static void random_box(struct sample *sample)
{
    struct rng *rng = sample->rng;
    struct query_case *c = sample->query->cases;
    mpq_t ends[2];
    mpq_inits(ends[0], ends[1], (mpq_ptr)NULL);
    for (size_t i = 0; i < sample->query->layers->n_inputs; i++) {
        /* Thirds are no doubles: a point there cannot be a witness. */
        static const unsigned long divisors[] = {1, 2, 4, 3};
        const unsigned long divisor =
            divisors[rng_below(rng, sample->kind == REF_SAMPLE_TIGHT ? 4 : 3)];
        const long low = (long)rng_below(rng, 7) - 4;
        const long width = (long)rng_below(rng, 5);
        mpq_set_si(ends[0], low, divisor);
        mpq_set_si(ends[1], low + width, divisor);
        mpq_canonicalize(ends[0]);
        mpq_canonicalize(ends[1]);
        ref_query_set_box(sample->query, i, ends[0], ends[1]);
        c->is_lower_strict[i] = width > 0 && rng_below(rng, 6) == 0;
        c->is_upper_strict[i] = width > 0 && rng_below(rng, 6) == 0;
    }
    mpq_clears(ends[0], ends[1], (mpq_ptr)NULL);
}

/* rhs = minimum + (a sixteenth to a half of the range), or near either end
 * by 2^-10, or beyond; tight ones: the minimum, or off by 2^-40. */
static void rhs_by_minimum(mpq_t rhs, struct sample *sample, const double *c)
{
    struct rng *rng = sample->rng;
    const size_t n = REF_DECIDE_INPUTS + OUTPUTS_MAX;
    double opposite[REF_DECIDE_INPUTS + OUTPUTS_MAX];
    mpq_t range;
    mpq_t step;
    mpq_inits(range, step, (mpq_ptr)NULL);
    for (size_t v = 0; v < n; v++) {
        opposite[v] = -c[v];
    }
    ref_decide_minimum(rhs, sample->query, c);
    ref_decide_minimum(range, sample->query, opposite);
    mpq_add(range, range, rhs);
    mpq_neg(range, range);
    switch (rng_below(rng, 4)) {
    case 0:
        mpq_set_si(step, 1 - 2 * (int)rng_below(rng, 2), 1024);
        break;
    case 1:
        mpq_set_si(step, -1, 4);
        break;
    default:
        mpq_set_si(step, 1 + (int)rng_below(rng, 8), 16);
        mpq_mul(step, step, range);
        break;
    }
    if (mpq_sgn(step) == 0) {
        mpq_set_si(step, -1, 16);
    }
    if (sample->kind == REF_SAMPLE_TIGHT && rng_below(rng, 2) == 0) {
        mpq_set_si(step, (int)rng_below(rng, 3) - 1, 1UL << 40);
    }
    mpq_canonicalize(step);
    mpq_add(rhs, rhs, step);
    mpq_clears(range, step, (mpq_ptr)NULL);
}

static void random_atom(struct sample *sample)
{
    struct rng *rng = sample->rng;
    const struct layers *layers = sample->query->layers;
    double c[REF_DECIDE_INPUTS + OUTPUTS_MAX] = {0.0};
    const bool has_inputs = rng_below(rng, 3) == 0;
    for (size_t v = 0; v < layers->n_inputs + layers->n_outputs; v++) {
        if (v >= layers->n_inputs || has_inputs) {
            c[v] = whole(rng, 2);
        }
    }
    c[layers->n_inputs] += c[layers->n_inputs] >= 0.0 ? 1.0 : -1.0;
    mpq_t rhs;
    mpq_init(rhs);
    if (sample->kind == REF_SAMPLE_ANY) {
        rational_set_double(rhs, whole(rng, 8));
    } else {
        rhs_by_minimum(rhs, sample, c);
    }
    ref_query_add_atom(sample->query, c, rhs, rng_below(rng, 3) == 0);
    if (sample->kind == REF_SAMPLE_TIGHT && rng_below(rng, 4) == 0) {
        for (size_t v = 0; v < layers->n_inputs + layers->n_outputs; v++) {
            c[v] = -c[v];
        }
        mpq_neg(rhs, rhs);
        ref_query_add_atom(sample->query, c, rhs, false);
    }
    mpq_clear(rhs);
}

struct query *ref_sample_query(struct rng *rng, enum ref_sample_kind kind)
{
    static const double zeros[REF_DECIDE_INPUTS] = {0.0};
    struct query *query = ref_query_create(random_layers(rng), zeros, zeros);
    struct sample sample = {rng, query, kind};
    random_box(&sample);
    const size_t n_disjuncts = 1 + rng_below(rng, 3);
    for (size_t d = 0; d < n_disjuncts; d++) {
        ref_query_add_disjunct(query);
        const size_t n_atoms = 1 + rng_below(rng, 3);
        for (size_t a = 0; a < n_atoms; a++) {
            random_atom(&sample);
        }
    }
    return query;
}

/* The layers behind a layer that selects the first inputs of many. */
static struct layers *widen_layers(const struct layers *layers, size_t n_inputs)
{
    double select[REF_DECIDE_INPUTS * WIDE_MAX] = {0.0};
    for (size_t i = 0; i < layers->n_inputs; i++) {
        select[i * n_inputs + i] = 1.0;
    }
    struct layers *wide = ref_build_begin(n_inputs);
    (void)ref_build_affine(wide, 0, layers->n_inputs, select, NULL);
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        if (layer->kind == LAYER_RELU) {
            (void)ref_build_relu(wide, layer->source + 1);
            continue;
        }
        (void)ref_build_affine(wide, layer->terms[0].source + 1, layer->width,
                               layer->terms[0].matrix.dense, layer->bias);
        for (size_t t = 1; t < layer->n_terms; t++) {
            ref_build_term(wide, layer->terms[t].source + 1,
                           layer->terms[t].matrix.dense);
        }
    }
    return wide;
}

struct query *ref_sample_widen(const struct query *query, size_t n_inputs)
{
    static const double zeros[WIDE_MAX] = {0.0};
    const size_t n = query->layers->n_inputs;
    const struct query_case *c = query->cases;
    REQUIRE(n < n_inputs && n_inputs <= WIDE_MAX);
    struct query *wide =
        ref_query_create(widen_layers(query->layers, n_inputs), zeros, zeros);
    for (size_t i = 0; i < n; i++) {
        ref_query_set_box(wide, i, c->lower[i], c->upper[i]);
        wide->cases->is_lower_strict[i] = c->is_lower_strict[i];
        wide->cases->is_upper_strict[i] = c->is_upper_strict[i];
    }
    for (size_t d = 0; d < c->n_disjuncts; d++) {
        ref_query_add_disjunct(wide);
        for (size_t a = 0; a < c->disjuncts[d].n_atoms; a++) {
            const struct query_atom *atom = &c->disjuncts[d].atoms[a];
            double row[WIDE_MAX + OUTPUTS_MAX + 1] = {0.0};
            for (size_t t = 0; t < atom->n_terms; t++) {
                const size_t v = atom->terms[t].variable;
                row[v < n ? v : v - n + n_inputs] = atom->terms[t].coefficient;
            }
            ref_query_add_atom(wide, row, atom->rhs, atom->is_strict);
        }
    }
    return wide;
}
