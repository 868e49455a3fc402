/* Interval images and zonotopes of layers in rationals: the slow twins. */
#include "tests/ref/ref_zonotope.h"

#include "domains/act_relu.h"
#include "src/base/alloc.h"
#include "src/num/rational.h"
#include "tests/ref/ref_layers.h"

void ref_range_init(struct ref_range *range)
{
    mpq_inits(range->lower, range->upper, range->size, (mpq_ptr)NULL);
}

void ref_range_clear(struct ref_range *range)
{
    mpq_clears(range->lower, range->upper, range->size, (mpq_ptr)NULL);
}

/* range += w [l, u]. */
static void add_interval(struct ref_range *range, double w, double l, double u)
{
    mpq_t p;
    mpq_t q;
    mpq_t weight;
    mpq_inits(p, q, weight, (mpq_ptr)NULL);
    rational_set_double(weight, w);
    rational_set_double(p, l);
    rational_set_double(q, u);
    mpq_mul(p, p, weight);
    mpq_mul(q, q, weight);
    if (mpq_cmp(p, q) > 0) {
        mpq_swap(p, q);
    }
    mpq_add(range->lower, range->lower, p);
    mpq_add(range->upper, range->upper, q);
    mpq_abs(p, p);
    mpq_abs(q, q);
    mpq_add(range->size, range->size, mpq_cmp(p, q) > 0 ? p : q);
    mpq_clears(p, q, weight, (mpq_ptr)NULL);
}

void ref_box_row(struct ref_range *range, const struct layers *layers,
                 const struct bounds *bounds, size_t k, size_t i)
{
    const struct layer *layer = &layers->layer[k];
    rational_set_double(range->lower, layer->bias[i]);
    mpq_set(range->upper, range->lower);
    mpq_abs(range->size, range->lower);
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        for (size_t j = 0; j < term->matrix.n_cols; j++) {
            add_interval(range, ref_matrix_entry(&term->matrix, i, j),
                         bounds->lower[term->source][j],
                         bounds->upper[term->source][j]);
        }
    }
}

static void set_input(mpq_t *form, size_t symbol, double l, double u)
{
    mpq_t end;
    mpq_init(end);
    rational_set_double(end, u);
    rational_set_double(form[0], l);
    mpq_sub(form[1 + symbol], end, form[0]);
    mpq_add(form[0], form[0], end);
    mpq_div_2exp(form[0], form[0], 1);
    mpq_div_2exp(form[1 + symbol], form[1 + symbol], 1);
    mpq_clear(end);
}

/* y = s z + m + m s_new, m = max(-s l, u - s u) / 2. */
static void set_band(mpq_t *form, mpq_t *z, size_t n_entries, size_t symbol,
                     double l, double u)
{
    mpq_t slope;
    mpq_t at_l;
    mpq_t at_u;
    mpq_inits(slope, at_l, at_u, (mpq_ptr)NULL);
    rational_set_double(slope, act_relu_upper(l, u).slope);
    for (size_t e = 0; e < n_entries; e++) {
        mpq_mul(form[e], z[e], slope);
    }
    rational_set_double(at_l, l);
    mpq_mul(at_l, at_l, slope);
    mpq_neg(at_l, at_l);
    rational_set_double(at_u, u);
    mpq_mul(slope, slope, at_u);
    mpq_sub(at_u, at_u, slope);
    if (mpq_cmp(at_l, at_u) < 0) {
        mpq_swap(at_l, at_u);
    }
    mpq_div_2exp(at_l, at_l, 1);
    mpq_add(form[0], form[0], at_l);
    mpq_set(form[1 + symbol], at_l);
    mpq_clears(slope, at_l, at_u, (mpq_ptr)NULL);
}

static void set_relu(mpq_t *form, mpq_t *z, size_t n_entries, size_t symbol,
                     double l, double u)
{
    switch (bounds_phase(l, u)) {
    case PHASE_ACTIVE:
        for (size_t e = 0; e < n_entries; e++) {
            mpq_set(form[e], z[e]);
        }
        break;
    case PHASE_INACTIVE:
        break;
    case PHASE_UNSTABLE:
        set_band(form, z, n_entries, symbol, l, u);
        break;
    }
}

static void set_affine(mpq_t *form, const struct ref_zonotope *zonotope,
                       const struct layer *layer, size_t i)
{
    const size_t n_entries = 1 + zonotope->n_symbols;
    mpq_t weight;
    mpq_t product;
    mpq_inits(weight, product, (mpq_ptr)NULL);
    rational_set_double(form[0], layer->bias[i]);
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        for (size_t j = 0; j < term->matrix.n_cols; j++) {
            mpq_t *from = zonotope->block[term->source].value + j * n_entries;
            rational_set_double(weight, ref_matrix_entry(&term->matrix, i, j));
            for (size_t e = 0; mpq_sgn(weight) != 0 && e < n_entries; e++) {
                mpq_mul(product, weight, from[e]);
                mpq_add(form[e], form[e], product);
            }
        }
    }
    mpq_clears(weight, product, (mpq_ptr)NULL);
}

void ref_zonotope_init(struct ref_zonotope *zonotope,
                       const struct layers *layers, const struct bounds *bounds)
{
    *zonotope = (struct ref_zonotope){
        .n_layers = layers->n_layers,
        .n_symbols = layers->n_inputs + layers->n_relus,
    };
    NEW_ARRAY(zonotope->block, layers->n_layers);
    const size_t n_entries = 1 + zonotope->n_symbols;
    size_t symbol = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        struct ref_form_block *block = &zonotope->block[k];
        block->n = layer->width * n_entries;
        NEW_ARRAY(block->value, block->n);
        for (size_t e = 0; e < block->n; e++) {
            mpq_init(block->value[e]);
        }
        for (size_t i = 0; i < layer->width; i++) {
            mpq_t *form = block->value + i * n_entries;
            if (layer->kind == LAYER_INPUT) {
                set_input(form, symbol++, bounds->lower[k][i],
                          bounds->upper[k][i]);
            } else if (layer->kind == LAYER_RELU) {
                const size_t source = layer->source;
                set_relu(form, zonotope->block[source].value + i * n_entries,
                         n_entries, symbol++, bounds->lower[source][i],
                         bounds->upper[source][i]);
            } else {
                set_affine(form, zonotope, layer, i);
            }
        }
    }
}

void ref_zonotope_clear(struct ref_zonotope *zonotope)
{
    for (size_t k = 0; k < zonotope->n_layers; k++) {
        for (size_t e = 0; e < zonotope->block[k].n; e++) {
            mpq_clear(zonotope->block[k].value[e]);
        }
        alloc_free(zonotope->block[k].value);
    }
    alloc_free(zonotope->block);
    *zonotope = (struct ref_zonotope){0};
}

void ref_zonotope_range(struct ref_range *range,
                        const struct ref_zonotope *zonotope, size_t k, size_t i)
{
    const size_t n_entries = 1 + zonotope->n_symbols;
    mpq_t *form = zonotope->block[k].value + i * n_entries;
    mpq_t part;
    mpq_init(part);
    mpq_set_ui(range->size, 0, 1);
    for (size_t e = 1; e < n_entries; e++) {
        mpq_abs(part, form[e]);
        mpq_add(range->size, range->size, part);
    }
    mpq_sub(range->lower, form[0], range->size);
    mpq_add(range->upper, form[0], range->size);
    mpq_abs(part, form[0]);
    mpq_add(range->size, range->size, part);
    mpq_clear(part);
}
