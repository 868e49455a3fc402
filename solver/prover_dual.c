/* From optimised slopes and multipliers to closed disjuncts and splits. */
#include "solver/prover_dual.h"

#include "solver/dual.h"
#include "solver/lp_safe.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <math.h>
#include <string.h>

/* Steps of the ascent at the root and at other nodes. */
enum { ROOT_STEPS = 60, NODE_STEPS = 15 };

/* Slopes are multiples of 2^-SLOPE_BITS, as certificates have them. */
enum { SLOPE_BITS = 8 };

/* A bound in nearest arithmetic that is worth a rigorous evaluation: what
 * rounding slopes and multipliers costs, and the margin of a certificate. */
static const double GOAL = 1e-5;

void dual_state_destroy(struct dual_state *state)
{
    if (state != NULL) {
        alloc_free(state->disjunct);
        alloc_free(state->choice);
        alloc_free(state->eta);
        alloc_free(state);
    }
}

void prover_dual_set_root(struct prover *p, const struct bounds *bounds)
{
    if (p->dual == NULL) {
        p->dual = dual_create(p->weights);
    }
    dual_set_root(p->dual, &p->spec, bounds, p->lower, p->upper);
}

/* Sets row `row` of the batch to a disjunct, as the parent left it. */
static void start_row(struct prover *p, const struct dual_state *state,
                      size_t row, uint32_t disjunct)
{
    struct dual *d = p->dual;
    const size_t n = d->n_unstable;
    const size_t m = d->most_atoms;
    dual_set_row(d, row, disjunct);
    for (size_t r = 0; state != NULL && r < state->n_rows; r++) {
        if (state->disjunct[r] != disjunct) {
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            d->choice[row * n + i] = (double)state->choice[r * n + i];
        }
        for (size_t q = 0; q < m; q++) {
            d->eta[row * m + q] = (double)state->eta[r * m + q];
        }
    }
}

/* Applies the neuron literals of the path to the bounds and to all rows; the
 * last one starts with multiplier 0. */
static void apply_path(struct prover *p, const struct node *node)
{
    struct dual *d = p->dual;
    for (size_t s = 0; s < node->depth; s++) {
        const struct split *split = &node->path[s];
        if (split->kind != SPLIT_NEURON) {
            continue;
        }
        double *lower = &p->bounds.lower[split->layer][split->index];
        double *upper = &p->bounds.upper[split->layer][split->index];
        if (split->is_upper) {
            *lower = interval_raise(*lower, 0.0);
        } else {
            *upper = interval_reduce(*upper, 0.0);
        }
        const uint32_t id = dual_find(d, split->layer, split->index);
        for (size_t r = 0; id != DUAL_STABLE && r < d->n_rows; r++) {
            d->phase[r * d->n_unstable + id] =
                split->is_upper ? PHASE_ACTIVE : PHASE_INACTIVE;
            if (s + 1 == node->depth) {
                d->choice[r * d->n_unstable + id] = 0.0;
            }
        }
    }
}

/* The slopes of a row, rounded, as lines of the rigorous evaluation. */
static void set_lines(struct prover *p, size_t row)
{
    const struct dual *d = p->dual;
    const double *choice = d->choice + row * d->n_unstable;
    const uint8_t *phase = d->phase + row * d->n_unstable;
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        const struct layer *layer = &p->layers->layer[k];
        if (layer->kind == LAYER_RELU) {
            backward_set_lines(p->backward, k, p->bounds.lower[layer->source],
                               p->bounds.upper[layer->source]);
        }
    }
    for (size_t i = 0; i < d->n_unstable; i++) {
        if (phase[i] == PHASE_UNSTABLE) {
            backward_set_slope(
                p->backward, d->neuron[i].relu, d->neuron[i].index,
                ldexp(nearbyint(ldexp(choice[i], SLOPE_BITS)), -SLOPE_BITS));
        }
    }
}

/* Adds a product to a seed; false if that rounds. */
static bool add_exactly(double *sum, double factor, double coefficient)
{
    const double product = factor * coefficient;
    const double total = *sum + product;
    const double back = total - *sum;
    const bool is_exact = fabs(fma(factor, coefficient, -product)) <= 0.0 &&
                          fabs(back - product) <= 0.0 &&
                          fabs((total - back) - *sum) <= 0.0;
    *sum = total;
    return is_exact;
}

/* Seeds sum_q eta_q f_q, exactly; false if that is not possible. */
static bool seed_atoms(struct prover *p, size_t row)
{
    const struct dual *d = p->dual;
    const struct spec *spec = &p->spec;
    const size_t first = spec->first[d->disjunct[row]];
    const size_t n = spec->first[d->disjunct[row] + 1] - first;
    const size_t n_inputs = p->layers->n_inputs;
    const size_t last = p->layers->n_layers - 1;
    double *multiplier = prover_reserve_multipliers(p, n);
    memcpy(multiplier, d->eta + row * d->most_atoms, n * sizeof *multiplier);
    if (n == 1) {
        spec_seed(spec, p->backward, first, 0);
        return true;
    }
    bool is_exact = record_round(multiplier, n);
    double constant = 0.0;
    for (size_t q = 0; q < n && is_exact; q++) {
        const struct query_atom *atom = spec->atom[first + q];
        is_exact = add_exactly(&constant, -multiplier[q], atom->rhs_up);
        for (size_t t = 0; t < atom->n_terms; t++) {
            const size_t v = atom->terms[t].variable;
            const bool is_input = v < n_inputs;
            double *seed = backward_seed(p->backward, is_input ? 0 : last, 0);
            is_exact = is_exact &&
                       add_exactly(&seed[is_input ? v : v - n_inputs],
                                   multiplier[q], atom->terms[t].coefficient);
        }
    }
    backward_add_constant(p->backward, 0, constant);
    return is_exact;
}

/* Seeds the literals with their multipliers, rounded. */
static void seed_literals(struct prover *p, size_t row)
{
    const struct dual *d = p->dual;
    const size_t n = d->n_unstable;
    double *multiplier = prover_reserve_multipliers(p, n);
    for (size_t i = 0; i < n; i++) {
        const bool is_split = d->phase[row * n + i] != PHASE_UNSTABLE;
        multiplier[i] = is_split ? d->choice[row * n + i] : 0.0;
    }
    if (!record_round(multiplier, n)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (multiplier[i] > 0.0) {
            const bool is_active = d->phase[row * n + i] == PHASE_ACTIVE;
            backward_seed(p->backward, d->neuron[i].source,
                          0)[d->neuron[i].index] +=
                is_active ? -multiplier[i] : multiplier[i];
        }
    }
}

/* The rigorous bound of a row of the batch with its choices, rounded. */
static double evaluate(struct prover *p, size_t row)
{
    const struct lp_problem problem = {
        .n = p->layers->n_inputs, .m = 0, .lower = p->lower, .upper = p->upper};
    set_lines(p, row);
    backward_begin(p->backward, 1);
    if (!seed_atoms(p, row)) {
        return -HUGE_VAL;
    }
    seed_literals(p, row);
    backward_run(p->backward);
    const double sum =
        lp_safe_bound(&problem, backward_coefficients(p->backward, 0), NULL) +
        backward_constant(p->backward, 0);
    return nextafter(sum, -HUGE_VAL);
}

/* Refutes what the batch can; moves the other rows to its front. */
static void close_rows(struct prover *p)
{
    struct dual *d = p->dual;
    size_t n_left = 0;
    for (size_t r = 0; r < d->n_rows; r++) {
        if (d->bound[r] > GOAL && evaluate(p, r) > RECORD_MARGIN) {
            VEC_PUSH(&p->record.closed, d->disjunct[r]);
            continue;
        }
        dual_copy_row(d, n_left++, r);
    }
    d->n_rows = n_left;
}

/* What the rows left are to be continued from. */
static struct dual_state *keep_rows(const struct prover *p)
{
    const struct dual *d = p->dual;
    const size_t n = d->n_rows * d->n_unstable;
    const size_t m = d->n_rows * d->most_atoms;
    struct dual_state *state;
    NEW(state);
    state->n_rows = d->n_rows;
    NEW_ARRAY(state->disjunct, d->n_rows);
    NEW_ARRAY(state->choice, n);
    NEW_ARRAY(state->eta, m);
    memcpy(state->disjunct, d->disjunct, d->n_rows * sizeof *d->disjunct);
    for (size_t i = 0; i < n; i++) {
        state->choice[i] = (float)d->choice[i];
    }
    for (size_t i = 0; i < m; i++) {
        state->eta[i] = (float)d->eta[i];
    }
    return state;
}

/* Passes the lowest row alone, as row 0, down and up again. */
static void focus(struct prover *p)
{
    struct dual *d = p->dual;
    size_t lowest = 0;
    for (size_t r = 0; r < d->n_rows; r++) {
        lowest = d->bound[r] < d->bound[lowest] ? r : lowest;
    }
    dual_copy_row(d, 0, lowest);
    d->n_rows = 1;
    dual_bound(d);
    dual_differentiate(d);
    memcpy(p->point, d->value[0], p->layers->n_inputs * sizeof *p->point);
}

bool prover_dual_close(struct prover *p, const struct node *node)
{
    struct dual *d = p->dual;
    const size_t n = p->n_open;
    d->n_rows = n < DUAL_ROWS ? n : DUAL_ROWS;
    for (size_t r = 0; r < d->n_rows; r++) {
        start_row(p, node->bounds->dual, r, p->open[r]);
    }
    apply_path(p, node);
    dual_ascend(d, node->depth == 0 ? ROOT_STEPS : NODE_STEPS, 2.0 * GOAL);
    const size_t n_tried = d->n_rows;
    close_rows(p);
    p->worst = HUGE_VAL;
    for (size_t r = 0; r < d->n_rows; r++) {
        p->worst = fmin(p->worst, d->bound[r]);
        p->open[r] = d->disjunct[r];
    }
    memmove(p->open + d->n_rows, p->open + n_tried,
            (n - n_tried) * sizeof *p->open);
    p->n_open = n - n_tried + d->n_rows;
    dual_state_destroy(p->dual_state);
    p->dual_state = keep_rows(p);
    if (d->n_rows > 0) {
        focus(p);
    }
    return p->n_open == 0;
}

struct dual_state *prover_dual_take(struct prover *p)
{
    struct dual_state *state = p->dual_state;
    p->dual_state = NULL;
    return state;
}
