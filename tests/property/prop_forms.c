/* Affine forms: the error term covers every rounding, checked exactly. */
#include "domains/forms.h"
#include "src/base/alloc.h"
#include "src/num/rational.h"
#include "tests/ref/ref_network.h"
#include "tests/suite.h"

#include <gmp.h>

#include <math.h>

enum { MAX_WIDTH = 64 };

/*
 * The forms of one network and what the steps mean in rationals: entry e of
 * neuron i of layer k is exact[k].value[i * (1 + n_symbols) + e].
 */
struct twin {
    struct rng rng;
    struct layers *layers;
    struct forms_space space;
    size_t n_symbols; /* capacity */
    size_t n_used;
    struct twin_block {
        size_t n;
        mpq_t *value;
    } * exact;
};

static double random_scale(struct rng *rng)
{
    static const double scales[] = {1.0, 1e-8, 1e8, 0x1p-1040};
    return scales[rng_below(rng, 16) == 0 ? 3 : rng_below(rng, 3)];
}

static void twin_init(struct twin *twin, size_t round)
{
    rng_init(&twin->rng, test_seed() + round);
    const struct ref_network_shape shape = {
        .n_inputs = 1 + rng_below(&twin->rng, 4),
        .n_outputs = 2,
        .n_stages = 1 + rng_below(&twin->rng, 4),
        .width = 1 + rng_below(&twin->rng, 6),
        .scale = random_scale(&twin->rng),
        .features = (unsigned)rng_below(&twin->rng, 32),
    };
    twin->layers = ref_network_random(&twin->rng, &shape);
    twin->n_used = 0;
    twin->n_symbols = twin->layers->n_inputs + twin->layers->n_relus;
    forms_space_init(&twin->space, twin->layers, twin->n_symbols);
    const double scale = random_scale(&twin->rng);
    for (size_t s = 0; s < twin->n_symbols; s++) {
        twin->space.magnitude[s] = rng_range(&twin->rng, 0.0, scale);
    }
    NEW_ARRAY(twin->exact, twin->layers->n_layers);
    for (size_t k = 0; k < twin->layers->n_layers; k++) {
        struct twin_block *block = &twin->exact[k];
        block->n = twin->layers->layer[k].width * (1 + twin->n_symbols);
        NEW_ARRAY(block->value, block->n);
        for (size_t e = 0; e < block->n; e++) {
            mpq_init(block->value[e]);
        }
    }
}

static void twin_clear(struct twin *twin)
{
    for (size_t k = 0; k < twin->layers->n_layers; k++) {
        for (size_t e = 0; e < twin->exact[k].n; e++) {
            mpq_clear(twin->exact[k].value[e]);
        }
        alloc_free(twin->exact[k].value);
    }
    alloc_free(twin->exact);
    forms_space_clear(&twin->space);
    layers_destroy(twin->layers);
}

static void add_double(mpq_t sum, double x)
{
    mpq_t value;
    mpq_init(value);
    rational_set_double(value, x);
    mpq_add(sum, sum, value);
    mpq_clear(value);
}

static struct forms_step random_step(struct twin *twin)
{
    struct rng *rng = &twin->rng;
    struct forms_step step = {0};
    const size_t kind = rng_below(rng, 5);
    step.slope = kind < 2 ? (double)kind : rng_unit(rng);
    if (rng_below(rng, 2) == 0) {
        step.shift = rng_range(rng, -1.0, 1.0) * random_scale(rng);
    }
    if (rng_below(rng, 2) == 0) {
        step.fresh = rng_range(rng, -1.0, 1.0);
        step.symbol = twin->n_used++;
    }
    if (rng_below(rng, 4) == 0) {
        step.error = rng_unit(rng);
    }
    return step;
}

/* The exact step, with its own error spent in full upward. */
static void exact_step(struct twin *twin, size_t k, size_t i,
                       const struct forms_step *step)
{
    const size_t n = 1 + twin->n_symbols;
    const struct layer *layer = &twin->layers->layer[k];
    mpq_t *to = twin->exact[k].value + i * n;
    mpq_t slope;
    mpq_init(slope);
    rational_set_double(slope, step->slope);
    for (size_t e = 0; layer->kind == LAYER_RELU && e < n; e++) {
        mpq_mul(to[e], slope, twin->exact[layer->source].value[i * n + e]);
    }
    mpq_clear(slope);
    add_double(to[0], step->shift);
    add_double(to[0], step->error);
    if (step->fresh < 0.0 || step->fresh > 0.0) {
        add_double(to[1 + step->symbol], step->fresh);
    }
}

static void exact_affine(struct twin *twin, size_t k, size_t i)
{
    const size_t n = 1 + twin->n_symbols;
    const struct layer *layer = &twin->layers->layer[k];
    mpq_t *to = twin->exact[k].value + i * n;
    mpq_t column[MAX_WIDTH];
    for (size_t j = 0; j < MAX_WIDTH; j++) {
        mpq_init(column[j]);
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        ck_assert_uint_le(term->matrix.n_cols, MAX_WIDTH);
        for (size_t e = 0; e < n; e++) {
            for (size_t j = 0; j < term->matrix.n_cols; j++) {
                mpq_set(column[j], twin->exact[term->source].value[j * n + e]);
            }
            ref_matrix_add_row(to[e], &term->matrix, i, column);
        }
    }
    add_double(to[0], layer->bias[i]);
    for (size_t j = 0; j < MAX_WIDTH; j++) {
        mpq_clear(column[j]);
    }
}

/* sum += |value - x| * m. */
static void add_distance(mpq_t sum, const mpq_t value, double x, double m)
{
    mpq_t part;
    mpq_t factor;
    mpq_inits(part, factor, (mpq_ptr)NULL);
    rational_set_double(part, x);
    rational_set_double(factor, m);
    mpq_sub(part, value, part);
    mpq_abs(part, part);
    mpq_mul(part, part, factor);
    mpq_add(sum, sum, part);
    mpq_clears(part, factor, (mpq_ptr)NULL);
}

/* Stored coefficients of neuron i by symbol, centre first. */
static void stored_form(double *form, const struct twin *twin,
                        const struct forms *forms, size_t i)
{
    for (size_t e = 0; e <= twin->n_symbols; e++) {
        form[e] = 0.0;
    }
    form[0] = forms->rows[i];
    for (size_t c = 0; c < forms->n_symbols; c++) {
        form[1 + forms->symbol[c]] = forms->rows[(1 + c) * forms->width + i];
    }
    for (size_t f = 0; f < forms->n_fresh; f++) {
        if (forms->fresh[f].neuron == i) {
            form[1 + forms->fresh[f].symbol] += forms->fresh[f].coefficient;
        }
    }
}

/* True if the exact number is at most the double x. */
static bool is_at_most(const mpq_t value, double x)
{
    mpq_t end;
    mpq_init(end);
    rational_set_double(end, x);
    const bool is_below = mpq_cmp(value, end) <= 0;
    mpq_clear(end);
    return is_below;
}

/* (1) to (3) of forms.h and the range, all in rationals. */
static void check_neuron(struct twin *twin, size_t k, size_t i)
{
    const struct forms *forms = &twin->space.forms[k];
    mpq_t *exact = twin->exact[k].value + i * (1 + twin->n_symbols);
    double form[256];
    ck_assert_uint_lt(twin->n_symbols, 256);
    stored_form(form, twin, forms, i);
    mpq_t error;
    mpq_t radius;
    mpq_t zero;
    mpq_inits(error, radius, zero, (mpq_ptr)NULL);
    add_distance(error, exact[0], form[0], 1.0);
    for (size_t s = 0; s < twin->n_symbols; s++) {
        const double m = twin->space.magnitude[s];
        add_distance(error, exact[1 + s], form[1 + s], m);
        add_distance(radius, zero, form[1 + s], m);
    }
    ck_assert_msg(is_at_most(error, forms->error[i]),
                  "error %a of neuron %zu of layer %zu is too small",
                  forms->error[i], i, k);
    ck_assert_msg(is_at_most(radius, forms->radius[i]),
                  "radius %a of neuron %zu of layer %zu is too small",
                  forms->radius[i], i, k);
    double lower = 0.0;
    double upper = 0.0;
    forms_range(&lower, &upper, forms, i);
    mpq_set_ui(radius, 0, 1);
    add_double(radius, forms->radius[i]);
    add_double(radius, forms->error[i]);
    add_double(radius, form[0]);
    ck_assert(is_at_most(radius, upper));
    add_double(radius, -form[0]);
    add_double(radius, -form[0]);
    ck_assert(is_at_most(radius, -lower));
    mpq_clears(error, radius, zero, (mpq_ptr)NULL);
}

/* Forms of some neurons of an affine layer only; the others are unknown. */
static void check_some(struct twin *twin, size_t k)
{
    const struct forms *forms = &twin->space.forms[k];
    uint32_t list[MAX_WIDTH];
    size_t n = 0;
    for (size_t i = 0; i < forms->width; i++) {
        list[n] = (uint32_t)i;
        n += rng_below(&twin->rng, 2);
    }
    forms_apply_affine_to(&twin->space, k, list, n);
    size_t t = 0;
    for (size_t i = 0; i < forms->width; i++) {
        if (t < n && list[t] == i) {
            check_neuron(twin, k, i);
            t++;
            continue;
        }
        double lower = 0.0;
        double upper = 0.0;
        forms_range(&lower, &upper, forms, i);
        ck_assert(isinf(lower) && lower < 0.0 && isinf(upper) && upper > 0.0);
        forms_set_interval(&twin->space, k, i, 3.0, 1.0);
        forms_range(&lower, &upper, forms, i);
        ck_assert(lower <= 2.0 && lower >= 2.0 - 1e-12);
        ck_assert(upper >= 4.0 && upper <= 4.0 + 1e-12);
    }
}

static void apply_layer(struct twin *twin, size_t k)
{
    const struct layer *layer = &twin->layers->layer[k];
    struct forms_step steps[MAX_WIDTH];
    ck_assert_uint_le(layer->width, MAX_WIDTH);
    for (size_t i = 0; i < layer->width; i++) {
        if (layer->kind == LAYER_AFFINE) {
            exact_affine(twin, k, i);
        } else {
            steps[i] = random_step(twin);
            exact_step(twin, k, i, &steps[i]);
        }
    }
    switch (layer->kind) {
    case LAYER_INPUT:
        forms_set_inputs(&twin->space, steps);
        break;
    case LAYER_AFFINE:
        check_some(twin, k);
        forms_apply_affine(&twin->space, k);
        break;
    case LAYER_RELU:
        forms_apply_relu(&twin->space, k, steps);
        break;
    case LAYER_ACTIVATION:
    case LAYER_PRODUCT:
    case LAYER_SCALE:
    case LAYER_DIFFERENCE:
        ck_abort_msg("no twin");
    }
}

START_TEST(errors_and_radii_cover_the_exact_forms)
{
    for (size_t round = 0; round < test_count(150); round++) {
        struct twin twin;
        twin_init(&twin, round);
        for (size_t k = 0; k < twin.layers->n_layers; k++) {
            apply_layer(&twin, k);
            for (size_t i = 0; i < twin.layers->layer[k].width; i++) {
                check_neuron(&twin, k, i);
            }
        }
        twin_clear(&twin);
    }
}
END_TEST

START_TEST(overflow_and_infinite_errors_become_unknown_not_nan)
{
    struct twin twin;
    twin_init(&twin, 0);
    struct forms_step steps[MAX_WIDTH] = {{0}};
    for (size_t i = 0; i < twin.layers->n_inputs; i++) {
        steps[i].error = HUGE_VAL;
    }
    steps[0] = (struct forms_step){.shift = 0x1p1023, .error = 0x1p1023};
    forms_set_inputs(&twin.space, steps);
    for (size_t k = 1; k < twin.layers->n_layers; k++) {
        for (size_t i = 0; i < MAX_WIDTH; i++) {
            steps[i] = (struct forms_step){.slope = i % 2 == 0 ? 1.0 : 0.0};
        }
        if (twin.layers->layer[k].kind == LAYER_AFFINE) {
            forms_apply_affine(&twin.space, k);
        } else {
            forms_apply_relu(&twin.space, k, steps);
        }
        const struct forms *forms = &twin.space.forms[k];
        for (size_t i = 0; i < forms->width; i++) {
            ck_assert(isfinite(forms->rows[i]) && isfinite(forms->radius[i]));
            ck_assert(forms->error[i] >= 0.0);
            if (twin.layers->layer[k].kind == LAYER_RELU && i % 2 == 1) {
                ck_assert(forms->error[i] <= 0.0);
            }
        }
    }
    twin_clear(&twin);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("forms");
    tcase_add_test(cases, errors_and_radii_cover_the_exact_forms);
    tcase_add_test(cases, overflow_and_infinite_errors_become_unknown_not_nan);
    return cases;
}
