/* From optimised slopes and multipliers to closed disjuncts and splits. */
#include "solver/prover_dual.h"

#include "domains/act_relu.h"
#include "solver/dual.h"
#include "solver/dual_literal.h"
#include "solver/lp_safe.h"
#include "solver/prover_hidden.h"
#include "solver/prover_refine.h"
#include "solver/prover_slopes.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <math.h>
#include <string.h>

/* Steps of the ascent at the root, at other nodes, where nothing has changed,
 * and where there is nothing to split. */
static const struct dual_effort ROOT = {60, 0.02};
static const struct dual_effort NODE = {15, 0.02};
static const struct dual_effort AGAIN = {0, 0.0};
static const struct dual_effort LAST = {300, 1e-4};
/* In a box with bounds of its own. */
static const struct dual_effort BOX = {40, 0.02};

/* How far above 0 the ascent in a box goes, as a share of what is missing: half
 * of what rounding the slopes may cost. */
static const double BOX_ROOM = 0.125;

/* A bound in nearest arithmetic that is worth a rigorous evaluation: what
 * rounding slopes and multipliers costs, and the margin of a certificate. */
static const double GOAL = 1e-5;

/* Fewest levels between nodes whose neurons are bounded anew, where the bounds
 * of neurons are not the trouble. */
static const double NEAR_LEVELS = 12.0;

/* Rounds of bounding hidden neurons at the root, and the share of the distance
 * to the goal that one must gain for another. */
enum { MOST_ROUNDS = 8 };
static const double LEAST_PROGRESS = 0.03;

/* Bounding hidden neurons. A quarter of the ascents stop early: about two
 * seconds at the root, less than one below. Less at the root leaves the bounds
 * of dense networks much wider; below it the many neurons that cost little do
 * not pay. */
static const struct hidden_effort ROOT_HIDDEN = {
    1.6e10, 0.0, {20, 0.05}, false};
static const struct hidden_effort FAR_HIDDEN = {6e9, 0.1, {8, 0.05}, true};

/* Bounding hidden neurons of the root by branch and bound, with trees of more
 * and more leaves: for about five seconds, and for so many times longer in each
 * further search, which begins where those before stall. Far from the goal the
 * first search does so, else the second one. In further searches a round that
 * brings the goal so much nearer is followed by another one in any case; the
 * first one does not keep the search for a witness waiting. */
enum {
    FEWEST_LEAVES = 2,
    MORE_LEAVES = 2,
    LEAVES_ANYHOW = 32, /* even if fewer moved nothing */
    MOST_LEAVES = 512
};
static const double REFINE_MADDS = 6.4e10;
static const double REFINE_GROWTH = 4.0;
static const double GOOD_PROGRESS = 0.2;

/* Most ends that are moved so: each is a split in the certificate, one below
 * the other, and the checker takes 100000. */
enum { MOST_ENDS = 60000 };

/* Bounding hidden neurons below the root is worth it if this share of the
 * distance to the goal at most is left; what it then can do elsewhere, and what
 * it cannot if not, as shares of that distance. */
static const double MUCH_LEFT = 0.5;
static const double REACH_GROWTH = 1.5;
static const double REACH_LOSS = 0.75;

/* Where the goal is no more than this many splits away, at the pace of the last
 * one, splitting goes on instead. */
static const double FEW_LEVELS = 2.0;

/* Least distance from 0 of the bounds of a neuron that is stable beyond any
 * rounding of the checker. */
static const double LEAST_APART = 0x1p-10;

/* What the search at work has found so far. */
static struct prover_pace *pace_of(struct prover *p)
{
    return &p->pace[p->trial];
}

/* The neuron that is stable by the widest margin, for the record. */
static void find_apart(struct prover *p, const struct bounds *bounds)
{
    struct record_apart apart = {0};
    double best = LEAST_APART;
    uint32_t number = 0;
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        const struct layer *layer = &p->layers->layer[k];
        if (layer->kind != LAYER_RELU) {
            continue;
        }
        for (size_t i = 0; i < layer->width; i++) {
            const double lower = bounds->lower[layer->source][i];
            const double upper = bounds->upper[layer->source][i];
            if (fmax(lower, -upper) > best) {
                best = fmax(lower, -upper);
                apart = (struct record_apart){true, lower > 0.0, number,
                                              (uint32_t)i};
            }
        }
        number++;
    }
    p->record.apart = apart;
}

void prover_dual_set_root(struct prover *p, const struct bounds *bounds)
{
    if (p->dual == NULL) {
        p->dual = dual_create(p->weights);
    }
    dual_set_root(p->dual, &p->spec, bounds, p->lower, p->upper);
    alloc_free(p->slope);
    alloc_free(p->told);
    alloc_free(p->effect);
    NEW_ARRAY(p->effect, p->dual->n_unstable);
    NEW_ARRAY(p->slope, DUAL_ROWS * p->dual->n_unstable);
    NEW_ARRAY(p->told, p->dual->n_unstable);
    for (size_t t = 0; t < PROVER_TRIALS; t++) {
        p->pace[t].hidden_reach = 0.0;
    }
    p->is_dual_ready = true;
    find_apart(p, bounds);
}

/* Applies the neuron literals of the path to the bounds. */
static void narrow(struct prover *p, const struct node *node)
{
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
    }
}

/* The rigorous bound of a row of the batch with its choices, rounded. */
static double evaluate(struct prover *p, size_t row)
{
    const struct lp_problem problem = {
        .n = p->layers->n_inputs, .m = 0, .lower = p->lower, .upper = p->upper};
    backward_begin(p->backward, 1);
    prover_slopes_set_row(p, row, 0);
    if (!prover_slopes_seed_atoms(p, row, 0)) {
        return -HUGE_VAL;
    }
    prover_slopes_seed_literals(p, row, 0);
    backward_run(p->backward);
    const double sum =
        lp_safe_bound(&problem, backward_coefficients(p->backward, 0), NULL) +
        backward_constant(p->backward, 0);
    return nextafter(sum, -HUGE_VAL);
}

/* Notes the atoms and literals that refute the disjunct of a row, unless it is
 * one atom alone. */
static void note_terms(struct prover *p, const struct node *node, size_t row)
{
    const struct dual *d = p->dual;
    const uint32_t disjunct = d->disjunct[row];
    const size_t n = p->spec.first[disjunct + 1] - p->spec.first[disjunct];
    const size_t before = p->record.terms.n;
    const double *literal = prover_slopes_literals(p, row);
    for (size_t s = 0; literal != NULL && s < node->depth; s++) {
        const uint32_t id = dual_literal(d, &node->path[s]);
        if (id != DUAL_STABLE && literal[id] > 0.0) {
            const struct record_term term = {disjunct, (uint32_t)s, true,
                                             literal[id]};
            VEC_PUSH(&p->record.terms, term);
        }
    }
    if (n == 1 && p->record.terms.n == before) {
        return;
    }
    (void)prover_slopes_note_atoms(&p->record.terms, p, row);
}

/* Notes that the disjunct of a row is closed by the last evaluation. */
static void note_closed(struct prover *p, const struct node *node, size_t row)
{
    struct record *record = &p->record;
    VEC_PUSH(&record->closed, p->dual->disjunct[row]);
    if (!record->is_on) {
        return;
    }
    const size_t n_slopes = prover_slopes_tell(p, row, 0);
    note_terms(p, node, row);
    if (n_slopes == 0 && record->steps.n > 0) {
        record->steps.data[record->steps.n - 1].n_closed++;
        return;
    }
    const struct record_step step = {.n_slopes = n_slopes, .n_closed = 1};
    VEC_PUSH(&record->steps, step);
}

/* True if the rigorous bound of a row is positive: with its own slopes, or in a
 * recorded search with as many of those told as will do. */
static bool refute(struct prover *p, size_t row)
{
    static const double SLACK[] = {2.0, 0.25, 0.05, 0.0};
    const size_t n = sizeof SLACK / sizeof *SLACK;
    const bool is_on = p->record.is_on;
    const bool is_last =
        is_on && p->record.steps.n > 0 && !p->record.apart.is_known;
    for (size_t t = is_on ? 0 : n - 1; t < (is_last ? 1 : n); t++) {
        prover_slopes_choose(p, row, SLACK[t]);
        if (evaluate(p, row) > RECORD_MARGIN) {
            return true;
        }
    }
    return false;
}

/* The row of the lowest disjunct not below `from`; n_rows if there is none. */
static size_t next_row(const struct dual *d, uint32_t from)
{
    size_t next = d->n_rows;
    for (size_t r = 0; r < d->n_rows; r++) {
        if (d->disjunct[r] >= from &&
            (next == d->n_rows || d->disjunct[r] < d->disjunct[next])) {
            next = r;
        }
    }
    return next;
}

/* Refutes what the batch can, by increasing disjunct; moves the other rows to
 * its front. */
static void close_rows(struct prover *p, const struct node *node)
{
    struct dual *d = p->dual;
    bool is_closed[DUAL_ROWS] = {false};
    size_t n_left = 0;
    prover_slopes_set_lines(p);
    for (size_t r = next_row(d, 0); r < d->n_rows;
         r = next_row(d, d->disjunct[r] + 1)) {
        if (d->bound[r] > GOAL && refute(p, r)) {
            note_closed(p, node, r);
            is_closed[r] = true;
        }
    }
    for (size_t r = 0; r < d->n_rows; r++) {
        if (!is_closed[r]) {
            dual_copy_row(d, n_left++, r);
        }
    }
    d->n_rows = n_left;
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
    dual_corner(d, 0, p->point);
}

/*
 * Bounds the neurons of a node anew if the tree below its ancestor that had
 * this done last is so deep that it has cost as much as that again; false if
 * the region is empty.
 */
static bool refresh(struct prover *p, const struct node *node)
{
    const struct dual_state *state = node->bounds->dual;
    struct prover_pace *pace = pace_of(p);
    const size_t last = state == NULL ? 0 : state->refreshed;
    const double ratio = pace->refresh_cost / fmax(pace->dual_cost, 1.0);
    const bool is_near = state != NULL && state->way == DUAL_NEAR;
    const double levels =
        fmax(ceil(log2(ratio + 1.0)), is_near ? NEAR_LEVELS : 1.0);
    size_t changed = p->layers->n_layers;
    p->refreshed = last;
    for (size_t s = last; s < node->depth; s++) {
        const size_t layer = node->path[s].layer;
        changed = layer < changed ? layer : changed;
    }
    p->changed = changed;
    if ((double)(node->depth - last) < levels) {
        return true;
    }
    const double before = (double)backward_madds(p->backward);
    p->refreshed = node->depth;
    p->changed = p->layers->n_layers;
    const bool is_possible = prover_refresh(p, node, changed);
    const double cost = (double)backward_madds(p->backward) - before;
    pace->refresh_cost +=
        (pace->refresh_cost > 0.0 ? 0.25 : 1.0) * (cost - pace->refresh_cost);
    return is_possible;
}

/* Sets the rows of the batch to the first open disjuncts of a node, from where
 * a state left them. */
static void start_rows(struct prover *p, const struct node *node,
                       const struct dual_state *state)
{
    struct dual *d = p->dual;
    d->n_rows = p->n_open < DUAL_ROWS ? p->n_open : DUAL_ROWS;
    for (size_t r = 0; r < d->n_rows; r++) {
        dual_state_set_row(state, d, r, p->open[r]);
    }
    for (size_t i = 0; i < d->n_unstable; i++) {
        p->told[i] = state != NULL ? (double)state->told[i] : -1.0;
    }
    dual_set_literals(d, node, node->depth > 0 ? node->depth - 1 : 0);
    prover_slopes_set_implied(p);
    dual_set_chords(d, &p->bounds);
}

/* Raises the bounds of the open disjuncts from a state, and refutes what it
 * can. */
static bool close_from(struct prover *p, const struct node *node,
                       const struct dual_state *state,
                       const struct dual_effort *effort)
{
    struct dual *d = p->dual;
    const size_t n = p->n_open;
    start_rows(p, node, state);
    dual_ascend(d, effort, 2.0 * GOAL);
    const size_t n_tried = d->n_rows;
    close_rows(p, node);
    p->worst = HUGE_VAL;
    for (size_t r = 0; r < d->n_rows; r++) {
        p->worst = fmin(p->worst, d->bound[r]);
        p->open[r] = d->disjunct[r];
    }
    memmove(p->open + d->n_rows, p->open + n_tried,
            (n - n_tried) * sizeof *p->open);
    p->n_open = n - n_tried + d->n_rows;
    struct dual_state *kept = dual_state_create(p);
    kept->way = state == NULL ? DUAL_UNKNOWN : state->way;
    kept->missing = state == NULL ? 0.0 : state->missing;
    kept->tightened = state == NULL ? 0 : state->tightened;
    dual_state_destroy(p->dual_state);
    p->dual_state = kept;
    if (d->n_rows > 0) {
        focus(p);
    }
    return p->n_open == 0;
}

/* Bounds hidden neurons by slopes and literals of their own, then all others,
 * and goes on with that. */
static bool close_once(struct prover *p, const struct node *node,
                       const struct hidden_effort *hidden,
                       const struct dual_effort *effort)
{
    const bool has_gained = prover_hidden_tighten(p, node, hidden) > 0;
    if (has_gained && !prover_hidden_spread(p, node, 0)) {
        return true;
    }
    for (size_t i = 0; i < p->dual->n_unstable; i++) {
        p->dual_state->told[i] = (float)p->told[i];
    }
    return close_from(p, node, p->dual_state, has_gained ? effort : &AGAIN);
}

/* Does so at the root as long as that brings the goal nearer. */
static bool close_by_hidden(struct prover *p, const struct node *node)
{
    bool is_closed = false;
    double missing = HUGE_VAL;
    for (size_t round = 0; round < MOST_ROUNDS && !is_closed &&
                           -p->worst < (1.0 - LEAST_PROGRESS) * missing;
         round++) {
        missing = -p->worst;
        is_closed = close_once(p, node, &ROOT_HIDDEN, &ROOT);
    }
    p->dual_state->missing = -p->worst;
    return is_closed;
}

/* Bounds hidden neurons of the root by branch and bound, and goes on with
 * that. */
static bool close_by_refining(struct prover *p, const struct node *node)
{
    const bool is_far = prover_dual_is_far(p);
    const double exponent = (double)p->trial - (is_far ? 0.0 : 1.0);
    const size_t most_moved = 2 * p->dual->n_unstable;
    bool is_closed = false;
    double left = REFINE_MADDS * pow(REFINE_GROWTH, exponent);
    size_t n_leaves = FEWEST_LEAVES;
    size_t n_moved = 1;
    size_t n_ends = 0;
    if (exponent < 0.0) {
        return false;
    }
    while (!is_closed && left > 0.0 && n_leaves <= MOST_LEAVES &&
           n_ends + most_moved <= MOST_ENDS &&
           (n_moved > 0 || n_leaves <= LEAVES_ANYHOW)) {
        const struct refine_effort effort = {n_leaves, left};
        const double now = dual_madds(p->dual);
        const double missing = -p->worst;
        if (!prover_refine(&n_moved, p, node, &effort)) {
            return true;
        }
        is_closed = close_from(p, node, p->dual_state, &ROOT);
        const double cost = dual_madds(p->dual) - now;
        left -= cost;
        n_ends += n_moved;
        if (p->trial > 0 && -p->worst < (1.0 - GOOD_PROGRESS) * missing) {
            left = fmax(left, 2.0 * (double)MORE_LEAVES * cost);
        }
        n_leaves *= MORE_LEAVES;
    }
    p->dual_state->missing = -p->worst;
    return is_closed;
}

/* Does so below the root, far from the goal, where the tree below the last node
 * that did is so large that it costs little, or where it has closed nodes as
 * far from their goal. */
static bool close_below(struct prover *p, const struct node *node)
{
    struct prover_pace *pace = pace_of(p);
    const double ratio = pace->hidden_cost / fmax(pace->dual_cost, 1.0);
    const double levels = fmax(ceil(log2(ratio + 1.0)), 1.0);
    struct dual_state *state = p->dual_state;
    const double missing = -p->worst;
    const double gain = fmax(state->missing - missing, 0.0);
    const bool is_within =
        missing <= pace->hidden_reach && missing > FEW_LEVELS * gain;
    state->missing = missing;
    if (state->way != DUAL_FAR ||
        (!is_within && (double)(node->depth - state->tightened) < levels)) {
        return false;
    }
    const double before = dual_madds(p->dual);
    state->tightened = node->depth;
    const bool is_closed = close_once(p, node, &FAR_HIDDEN, &NODE);
    pace->hidden_cost += (pace->hidden_cost > 0.0 ? 0.25 : 1.0) *
                         (dual_madds(p->dual) - before - pace->hidden_cost);
    p->dual_state->missing = -p->worst;
    pace->hidden_reach = is_closed || -p->worst < MUCH_LEFT * missing
                             ? fmax(pace->hidden_reach, REACH_GROWTH * missing)
                             : fmin(pace->hidden_reach, REACH_LOSS * missing);
    return is_closed;
}

bool prover_dual_close(struct prover *p, const struct node *node)
{
    struct prover_pace *pace = pace_of(p);
    const double before = dual_madds(p->dual);
    narrow(p, node);
    if (!refresh(p, node)) {
        return true;
    }
    const bool is_closed = close_from(p, node, node->bounds->dual,
                                      node->depth == 0 ? &ROOT : &NODE);
    pace->dual_cost =
        0.9 * pace->dual_cost + 0.1 * (dual_madds(p->dual) - before);
    return is_closed || (node->depth == 0 ? close_by_hidden(p, node) ||
                                                close_by_refining(p, node)
                                          : close_below(p, node));
}

bool prover_dual_insist(struct prover *p, const struct node *node)
{
    if (p->refreshed < node->depth && p->record.steps.n == 0) {
        p->refreshed = node->depth;
        if (!prover_refresh(p, node, 0)) {
            return true;
        }
    }
    return close_from(p, node, p->dual_state, &LAST);
}

bool prover_dual_close_box(double *reached, struct prover *p,
                           const struct node *node)
{
    const double goal = fmax(2.0 * GOAL, BOX_ROOM * -p->worst);
    REQUIRE(p->n_open <= DUAL_ROWS);
    prover_dual_set_root(p, &p->bounds);
    p->is_dual_ready = false;
    start_rows(p, node, NULL);
    dual_ascend(p->dual, &BOX, goal);
    close_rows(p, node);
    *reached = HUGE_VAL;
    for (size_t r = 0; r < p->dual->n_rows; r++) {
        *reached = fmin(*reached, p->dual->bound[r]);
    }
    return p->dual->n_rows == 0;
}

struct dual_state *prover_dual_take(struct prover *p)
{
    struct dual_state *state = p->dual_state;
    p->dual_state = NULL;
    return state;
}
