/* Workspace of a worker. */
#include "solver/prover.h"

#include "solver/clip.h"
#include "solver/copies.h"
#include "solver/dual.h"
#include "solver/needed.h"
#include "solver/prover_dual.h"
#include "solver/prover_plan.h"
#include "src/base/alloc.h"
#include "src/num/interval.h"

#include <math.h>
#include <string.h>

/* Most ReLUs times inputs for which the simplex bounds neurons behind
 * literals; beyond, the dual bound is the better engine. */
enum { MOST_LP_SHARES = 1 << 19 };

/* Entries of the matrices of a layer. */
static double count_entries(const struct layer *layer)
{
    double n = 0.0;
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct matrix *matrix = &layer->terms[t].matrix;
        n += matrix->dense != NULL
                 ? (double)matrix->n_rows * (double)matrix->n_cols
                 : (double)matrix->start[matrix->n_rows];
    }
    return n;
}

struct prover *prover_create(const struct weights *weights)
{
    struct prover *p;
    NEW(p);
    const struct layers *layers = weights->layers;
    const size_t n = layers->n_inputs;
    p->weights = weights;
    p->layers = layers;
    p->record.margin = RECORD_MARGIN;
    p->backward = backward_create(weights);
    p->forward = forward_create(weights, FORWARD_NEURONS, FORWARD_WIDTH);
    bounds_init(&p->bounds, layers);
    bounds_init(&p->relaxed, layers);
    NEW_ARRAY(p->cone, layers->n_layers);
    NEW_ARRAY(p->lower, n);
    NEW_ARRAY(p->upper, n);
    NEW_ARRAY(p->point, n);
    NEW_ARRAY(p->score, n);
    NEW_ARRAY(p->loss, layers->n_layers);
    NEW_ARRAY(p->share, layers->n_layers);
    NEW_ARRAY(p->original, layers->n_layers);
    size_t widest = n;
    size_t n_neurons = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        widest = layer->width > widest ? layer->width : widest;
        p->cone[k] = (k == 0 ? 0.0 : p->cone[k - 1]) + count_entries(layer);
        if (layers->n_curved > 0) {
            p->original[k] = copies_find(layer);
        }
        if (layer->kind == LAYER_RELU || layer_is_curved(layer)) {
            n_neurons += layer->width;
            NEW_ARRAY(p->loss[k], layer->width);
        }
    }
    p->copied = copies_of_inputs(layers);
    NEW_ARRAY(p->varying, n);
    NEW_ARRAY(p->is_settled, layers->n_layers);
    NEW_ARRAY(p->neurons, widest);
    if (n <= (layers->n_curved > 0 ? PROVER_SCORE_INPUTS : PROVER_LP_INPUTS) &&
        n * n_neurons <= MOST_LP_SHARES) {
        p->lp = lp_create(n);
    }
    return p;
}

static void clear_case(struct prover *p)
{
    spec_clear(&p->spec);
    alloc_free(p->open);
    alloc_free(p->row);
    alloc_free(p->constant);
    alloc_free(p->rows);
    alloc_free(p->minimum);
    alloc_free(p->values);
    needed_destroy(p->is_needed, p->layers);
}

/* Room for the shares of a layer; those of an input are its own. */
static void create_share(struct prover *p, size_t k)
{
    const size_t n = p->n_varying;
    if (p->share[k] != NULL || n > PROVER_SCORE_INPUTS) {
        return;
    }
    NEW_ARRAY(p->share[k], p->layers->layer[k].width * n);
    for (size_t v = 0; k == 0 && v < n; v++) {
        p->share[k][p->varying[v] * n + v] = 1.0;
    }
}

/* Notes which inputs vary, and makes the shares. */
static void set_varying(struct prover *p, const struct query_case *query_case)
{
    p->n_varying = 0;
    for (size_t j = 0; j < p->layers->n_inputs; j++) {
        const double above = interval_up(query_case->lower_down[j]);
        if (above < query_case->upper_up[j]) {
            p->varying[p->n_varying++] = (uint32_t)j;
        }
    }
    for (size_t k = 0; k < p->layers->n_layers; k++) {
        alloc_free(p->share[k]);
        p->share[k] = NULL;
    }
    for (size_t k = 0; k < p->layers->n_layers; k++) {
        const struct layer *layer = &p->layers->layer[k];
        if (p->loss[k] != NULL) {
            create_share(p, layer->source);
        }
        if (layer->kind == LAYER_PRODUCT) {
            create_share(p, layer->other);
        }
    }
}

void prover_set_case(struct prover *p, const struct query_case *query_case)
{
    clear_case(p);
    p->has_root = false;
    p->is_dual_ready = false;
    p->slope_reach = HUGE_VAL;
    prover_plan_reset(p);
    set_varying(p, query_case);
    p->is_needed = needed_find(p->layers, query_case);
    if (p->lp != NULL) {
        spec_init_summed(&p->spec, p->layers, query_case);
    } else {
        spec_init(&p->spec, p->layers, query_case);
    }
    NEW_ARRAY(p->open, p->spec.n_disjuncts);
    NEW_ARRAY(p->row, p->spec.n_rows * p->layers->n_inputs);
    NEW_ARRAY(p->constant, p->spec.n_rows);
    NEW_ARRAY(p->rows, p->spec.n_rows);
    NEW_ARRAY(p->minimum, p->spec.n_rows);
    NEW_ARRAY(p->values, p->spec.n_disjuncts * SPEC_MOST_SUMMED);
}

void prover_destroy(struct prover *p)
{
    if (p == NULL) {
        return;
    }
    for (size_t k = 0; k < p->layers->n_layers; k++) {
        alloc_free(p->loss[k]);
        alloc_free(p->share[k]);
        alloc_free(p->original[k]);
    }
    clear_case(p);
    backward_destroy(p->backward);
    forward_destroy(p->forward);
    lp_destroy(p->lp);
    bounds_clear(&p->bounds);
    bounds_clear(&p->relaxed);
    alloc_free(p->cone);
    alloc_free(p->lower);
    alloc_free(p->upper);
    alloc_free(p->point);
    alloc_free(p->score);
    alloc_free(p->loss);
    alloc_free(p->share);
    alloc_free(p->original);
    copies_destroy(p->copied, p->layers);
    alloc_free(p->varying);
    alloc_free(p->is_settled);
    alloc_free(p->neurons);
    alloc_free(p->multipliers);
    dual_destroy(p->dual);
    dual_state_destroy(p->dual_state);
    alloc_free(p->slope);
    alloc_free(p->told);
    alloc_free(p->effect);
    record_clear(&p->record);
    VEC_CLEAR(&p->wide_rows);
    VEC_CLEAR(&p->wide_rhs);
    alloc_free(p);
}

double *prover_reserve_multipliers(struct prover *p, size_t n)
{
    if (n > p->n_multipliers) {
        p->n_multipliers = 2 * n;
        RESIZE_ARRAY(p->multipliers, p->n_multipliers);
    }
    return p->multipliers;
}

/* The box as bounds of the input layer. */
static void set_input_bounds(struct prover *p)
{
    for (size_t i = 0; i < p->layers->n_inputs; i++) {
        p->bounds.lower[0][i] = p->lower[i];
        p->bounds.upper[0][i] = p->upper[i];
    }
}

void prover_load(struct prover *p, const struct node *node)
{
    const size_t n = p->layers->n_inputs;
    p->node = node;
    p->n_before = backward_madds(p->backward);
    memcpy(p->lower, node->lower, n * sizeof *p->lower);
    memcpy(p->upper, node->upper, n * sizeof *p->upper);
    memcpy(p->open, node->open, node->n_open * sizeof *p->open);
    p->n_open = node->n_open;
    bounds_copy(&p->bounds, &node->bounds->bounds);
    set_input_bounds(p);
    record_begin(&p->record);
}

bool prover_screen(struct prover *p, const struct node *node)
{
    const size_t n = p->layers->n_inputs;
    const double *row = node->bounds->row;
    if (node->bounds->weight != NULL) {
        memcpy(p->spec.weight, node->bounds->weight,
               p->spec.n_rows * sizeof *p->spec.weight);
    } else {
        spec_reset_weights(&p->spec);
    }
    if (row == NULL || (p->record.is_on && p->copied != NULL)) {
        return false;
    }
    memcpy(p->row, row, p->spec.n_rows * n * sizeof *p->row);
    memcpy(p->constant, node->bounds->constant,
           p->spec.n_rows * sizeof *p->constant);
    clip_box(p, p->minimum);
    p->record.n_early = p->record.clips.n;
    set_input_bounds(p);
    bool is_closed = true;
    for (size_t o = 0; o < p->n_open && is_closed; o++) {
        is_closed = clip_refutes(p, p->minimum, p->open[o]);
    }
    for (size_t o = 0; o < p->n_open && is_closed; o++) {
        clip_note(p, p->minimum, p->open[o]);
    }
    p->record.n_closed = p->record.closed.n;
    return is_closed;
}
