/* Rows of the dual bound of small random queries, and their slow twin. */
#include "tests/ref/ref_dual.h"

#include "domains/act_relu.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_sample.h"
#include "tests/suite.h"

#include <math.h>

void ref_dual_init(struct ref_dual *sample, size_t round)
{
    *sample = (struct ref_dual){0};
    rng_init(&sample->rng, test_seed() + round);
    sample->query = ref_sample_query(&sample->rng, REF_SAMPLE_ANY);
    const struct query_case *c = sample->query->cases;
    const struct layers *layers = sample->query->layers;
    ck_assert_uint_le(layers->n_inputs, REF_DUAL_INPUTS);
    ck_assert_uint_le(layers->n_layers, REF_DUAL_NEURONS);
    for (size_t k = 0; k < layers->n_layers; k++) {
        ck_assert_uint_le(layers->layer[k].width, REF_DUAL_NEURONS);
    }
    ck_assert_int_eq(ref_bounds_of_query(&sample->bounds, sample->query),
                     DOMAIN_DONE);
    sample->weights = weights_create(layers);
    spec_init(&sample->spec, layers, c);
    sample->dual = dual_create(sample->weights);
    dual_set_root(sample->dual, &sample->spec, &sample->bounds, c->lower_down,
                  c->upper_up);
}

void ref_dual_clear(struct ref_dual *sample)
{
    dual_destroy(sample->dual);
    spec_clear(&sample->spec);
    weights_destroy(sample->weights);
    bounds_clear(&sample->bounds);
    query_destroy(sample->query);
}

/* Random phases, slopes, multipliers and weights of row r, which is set, for what
 * it may meet. */
static void draw_row(struct ref_dual *sample, size_t r)
{
    struct dual *d = sample->dual;
    const size_t n = dual_n_below(d);
    for (size_t i = 0; i < n; i++) {
        const size_t at = r * d->n_unstable + i;
        d->phase[at] = (uint8_t)rng_below(&sample->rng, 3);
        d->choice[at] = (float)rng_range(&sample->rng, 0.0, 1.0);
    }
    for (size_t q = 0; q < d->most_atoms; q++) {
        d->eta[r * d->most_atoms + q] = rng_range(&sample->rng, 0.0, 1.0);
    }
}

void ref_dual_draw(struct ref_dual *sample)
{
    struct dual *d = sample->dual;
    d->n_rows = REF_DUAL_ROWS;
    for (size_t r = 0; r < REF_DUAL_ROWS; r++) {
        dual_set_row(
            d, r, (uint32_t)rng_below(&sample->rng, sample->spec.n_disjuncts));
        draw_row(sample, r);
    }
}

bool ref_dual_draw_ends(struct ref_dual *sample, bool is_joined)
{
    struct dual *d = sample->dual;
    if (d->n_unstable == 0) {
        return false;
    }
    const struct dual_neuron *one =
        &d->neuron[rng_below(&sample->rng, d->n_unstable)];
    if (d->layers->layer[one->source].kind != LAYER_AFFINE) {
        return false;
    }
    d->target = one->source;
    d->joined =
        is_joined ? (uint32_t)rng_below(&sample->rng, sample->spec.n_disjuncts)
                  : DUAL_ALONE;
    d->n_rows = REF_DUAL_ROWS;
    for (size_t r = 0; r < REF_DUAL_ROWS; r++) {
        const struct dual_neuron *neuron = one;
        const size_t other = rng_below(&sample->rng, d->n_unstable);
        if (d->neuron[other].source == one->source) {
            neuron = &d->neuron[other];
        }
        dual_set_row(d, r,
                     2 * neuron->index + (uint32_t)rng_below(&sample->rng, 2));
        draw_row(sample, r);
    }
    return true;
}

void ref_dual_turn_back(struct ref_dual *sample)
{
    sample->dual->target = 0;
    sample->dual->joined = DUAL_ALONE;
}

uint32_t ref_dual_joined(const struct ref_dual *sample, size_t r)
{
    const struct dual *d = sample->dual;
    return d->target > 0 ? d->joined : d->disjunct[r];
}

/* What the coefficient q of neuron i of ReLU layer k adds to that of its input
 * in row r; adds the constant. */
static double slow_neuron(const struct ref_dual *sample, size_t k, size_t i,
                          size_t r, double q, double *constant)
{
    const struct dual *d = sample->dual;
    const size_t source = d->layers->layer[k].source;
    const double lower = sample->bounds.lower[source][i];
    const double upper = sample->bounds.upper[source][i];
    const uint32_t id = dual_find(d, source, (uint32_t)i);
    if (id == DUAL_STABLE) {
        return upper > 0.0 ? q : 0.0;
    }
    const size_t at = r * d->n_unstable + id;
    const double choice = (double)d->choice[at];
    const struct act_line chord = act_relu_upper_short(lower, upper);
    switch (d->phase[at] % DUAL_IMPLIED) {
    case PHASE_ACTIVE:
        return q - choice;
    case PHASE_INACTIVE:
        return choice;
    default:
        *constant += fmin(q, 0.0) * chord.intercept;
        return q >= 0.0 ? q * choice : q * chord.slope;
    }
}

/* Seeds row r; returns its constant. */
static double slow_seed(const struct ref_dual *sample,
                        double (*q)[REF_DUAL_NEURONS], size_t r)
{
    const struct dual *d = sample->dual;
    const struct spec *spec = &sample->spec;
    const uint32_t end = d->disjunct[r];
    const uint32_t disjunct = ref_dual_joined(sample, r);
    const size_t n_inputs = d->layers->n_inputs;
    double constant = 0.0;
    if (d->target > 0) {
        q[d->target][end / 2] = end % 2 == 0 ? 1.0 : -1.0;
    }
    if (disjunct == DUAL_ALONE) {
        return 0.0;
    }
    const size_t first = spec->first[disjunct];
    for (size_t f = first; f < spec->first[disjunct + 1]; f++) {
        const struct query_atom *atom = spec->atom[f];
        const double eta = d->eta[r * d->most_atoms + f - first];
        constant -= eta * atom->rhs_up;
        for (size_t t = 0; t < atom->n_terms; t++) {
            const size_t v = atom->terms[t].variable;
            double *place = v < n_inputs
                                ? &q[0][v]
                                : &q[d->layers->n_layers - 1][v - n_inputs];
            *place += eta * atom->terms[t].coefficient;
        }
    }
    return constant;
}

double ref_dual_bound(const struct ref_dual *sample, size_t r)
{
    const struct dual *d = sample->dual;
    const struct layers *layers = d->layers;
    double q[REF_DUAL_NEURONS][REF_DUAL_NEURONS] = {{0.0}};
    double bound = slow_seed(sample, q, r);
    for (size_t k = layers->n_layers - 1; k > 0; k--) {
        const struct layer *layer = &layers->layer[k];
        for (size_t i = 0; i < layer->width; i++) {
            if (layer->kind == LAYER_RELU) {
                q[layer->source][i] +=
                    slow_neuron(sample, k, i, r, q[k][i], &bound);
            } else {
                bound += q[k][i] * layer->bias[i];
            }
        }
        for (size_t t = 0; t < layer->n_terms; t++) {
            matrix_add_transposed(q[layer->terms[t].source],
                                  &layer->terms[t].matrix, q[k]);
        }
    }
    for (size_t j = 0; j < layers->n_inputs; j++) {
        bound += q[0][j] * (q[0][j] > 0.0 ? d->lower[j] : d->upper[j]);
    }
    return bound;
}
