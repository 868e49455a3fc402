/* The context of nodes along a path, in doubles with outward rounding. */
#include "solver/replay.h"

#include "domains/box.h"
#include "solver/copies.h"
#include "solver/record.h"
#include "solver/replay_state.h"
#include "solver/step.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <math.h>
#include <string.h>

/* More neurons need too much room at every node. */
enum { MOST_NEURONS = 1 << 18 };

struct replay_level *replay_here(struct replay *r)
{
    return &r->levels.data[r->depth];
}

/* Room for a level. */
static struct replay_level *reserve(struct replay *r, size_t depth)
{
    if (depth == r->levels.n) {
        struct replay_level level = {0};
        NEW_ARRAY(level.units, 2 * r->layers->n_inputs);
        bounds_init(&level.bounds, r->layers);
        VEC_PUSH(&r->levels, level);
    }
    return &r->levels.data[depth];
}

double replay_bytes(const struct query *query, size_t n_nodes)
{
    const struct layers *layers = query->layers;
    size_t n_values = layers->n_inputs;
    for (size_t k = 0; k < layers->n_layers; k++) {
        n_values += layers->layer[k].width;
    }
    return 2.0 * sizeof(double) * (double)n_values * (double)n_nodes;
}

struct replay *replay_create(const struct query *query, unsigned box_bits,
                             unsigned fact_bits)
{
    struct replay *r;
    NEW(r);
    r->query = query;
    r->layers = query->layers;
    r->box_bits = box_bits;
    r->fact_bits = fact_bits;
    r->weights = weights_create(r->layers);
    r->backward = backward_create(r->weights);
    backward_charge_words(r->backward);
    r->box = box_domain_ops.create(r->layers);
    r->forward = forward_create(r->weights, FORWARD_NEURONS, FORWARD_WIDTH);
    r->copied = copies_of_inputs(r->layers);
    NEW_ARRAY(r->relu, r->layers->n_layers);
    NEW_ARRAY(r->is_stale, r->layers->n_layers);
    size_t widest = 0;
    for (size_t k = 0; k < r->layers->n_layers; k++) {
        const struct layer *layer = &r->layers->layer[k];
        widest = layer->width > widest ? layer->width : widest;
        if (layer_has_neurons(layer)) {
            r->relu[r->n_relus++] = k;
        }
    }
    NEW_ARRAY(r->neurons, widest);
    r->n_neurons = reserve(r, 0)->bounds.n_total;
    return r;
}

void replay_destroy(struct replay *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->levels.n; i++) {
        alloc_free(r->levels.data[i].units);
        bounds_clear(&r->levels.data[i].bounds);
    }
    VEC_CLEAR(&r->levels);
    VEC_CLEAR(&r->literals);
    VEC_CLEAR(&r->slopes);
    spec_clear(&r->spec);
    box_domain_ops.destroy(r->box);
    forward_destroy(r->forward);
    backward_destroy(r->backward);
    weights_destroy(r->weights);
    copies_destroy(r->copied, r->layers);
    alloc_free(r->relu);
    alloc_free(r->is_stale);
    alloc_free(r->neurons);
    alloc_free(r);
}

static void set_all_stale(struct replay *r)
{
    memset(r->is_stale, 1, r->layers->n_layers * sizeof *r->is_stale);
}

void replay_set_stale(struct replay *r, size_t k)
{
    for (size_t i = k + 1; i < r->layers->n_layers; i++) {
        const struct layer *layer = &r->layers->layer[i];
        if (layer->source == k ||
            (layer_n_read(layer) > 1 && layer->other == k) ||
            (layer_n_read(layer) > 2 && layer->base == k)) {
            r->is_stale[i] = true;
        }
    }
}

/* Pre-activation number `element` of layer `relu` of neurons. */
static struct replay_value value_of(const struct replay *r, uint32_t relu,
                                    uint32_t element)
{
    const struct layer *layer = &r->layers->layer[r->relu[relu]];
    if (element < layer->width) {
        return (struct replay_value){layer->source, element};
    }
    return (struct replay_value){layer->other, element - layer->width};
}

/* Facts of the checker that are too large for it are infinite. */
static void forget_large(const struct replay *r, struct bounds *bounds,
                         size_t k)
{
    const double most = ldexp(REPLAY_MOST_UNITS, -(int)r->fact_bits);
    for (size_t i = 0; i < r->layers->layer[k].width; i++) {
        double *lower = &bounds->lower[k][i];
        double *upper = &bounds->upper[k][i];
        *lower = *lower > -most ? *lower : -HUGE_VAL;
        *upper = *upper < most ? *upper : HUGE_VAL;
    }
}

static bool load(void *context, size_t case_index)
{
    struct replay *r = context;
    const struct query_case *c = &r->query->cases[case_index];
    const size_t n = r->layers->n_inputs;
    struct replay_level *level = reserve(r, 0);
    if (!c->is_bounded || level->bounds.n_total > MOST_NEURONS) {
        return false;
    }
    r->depth = 0;
    r->has_forms = false;
    r->literals.n = 0;
    r->slopes.n = 0;
    for (size_t i = 0; i < n; i++) {
        const double low = floor(ldexp(c->lower_down[i], (int)r->box_bits));
        const double high = ceil(ldexp(c->upper_up[i], (int)r->box_bits));
        if (!(fabs(low) < REPLAY_MOST_UNITS) ||
            !(fabs(high) < REPLAY_MOST_UNITS)) {
            return false;
        }
        level->units[i] = (int64_t)low;
        level->units[n + i] = (int64_t)high;
        replay_set_input(r, level, i);
    }
    for (size_t i = 0; i < level->bounds.n_total; i++) {
        if (i >= n) {
            level->bounds.block[i] = -HUGE_VAL;
            level->bounds.block[level->bounds.n_total + i] = HUGE_VAL;
        }
    }
    const struct region region = {.lower = level->bounds.lower[0],
                                  .upper = level->bounds.upper[0]};
    level->is_possible =
        box_domain_ops.propagate(r->box, &level->bounds, &region, NULL) !=
        DOMAIN_EMPTY;
    level->n_literals = 0;
    level->n_slopes = 0;
    backward_set_scale(r->backward, &level->bounds);
    for (size_t k = 1; k < r->layers->n_layers; k++) {
        forget_large(r, &level->bounds, k);
    }
    r->n_renewed = 1;
    spec_clear(&r->spec);
    spec_init(&r->spec, r->layers, c);
    set_all_stale(r);
    r->spent = (double)backward_madds(r->backward);
    return true;
}

/* Bounds that cross by less than the checker's rounding are made to touch. */
static bool is_possible(double *lower, double upper)
{
    if (*lower > upper + RECORD_GAP) {
        return false;
    }
    *lower = interval_reduce(*lower, upper);
    return true;
}

static void apply_neuron(struct replay *r, struct replay_level *level,
                         const struct oracle_split *split, unsigned side)
{
    const struct replay_value z = value_of(r, split->index, split->element);
    double *lower = &level->bounds.lower[z.layer][z.element];
    double *upper = &level->bounds.upper[z.layer][z.element];
    const unsigned bits =
        r->fact_bits < RECORD_LEVEL_BITS ? r->fact_bits : RECORD_LEVEL_BITS;
    const struct replay_literal literal = {
        z, side == 1, ldexp((double)split->threshold, -(int)bits)};
    VEC_PUSH(&r->literals, literal);
    level->n_literals++;
    const uint32_t input = copies_input(r->copied, z.layer, z.element);
    if (input != COPIES_NONE) {
        replay_narrow_input(r, level, &literal, input);
        return;
    }
    if (side == 1) {
        *lower = interval_raise(*lower, literal.level);
    } else {
        *upper = interval_reduce(*upper, literal.level);
    }
    level->is_possible = level->is_possible && is_possible(lower, *upper);
    replay_set_stale(r, z.layer);
}

static bool enter(void *context, const struct oracle_split *split,
                  unsigned side)
{
    struct replay *r = context;
    const size_t n = r->layers->n_inputs;
    replay_renew(r, r->layers->n_layers);
    struct replay_level *level = reserve(r, r->depth + 1);
    const struct replay_level *parent = &r->levels.data[r->depth];
    memcpy(level->units, parent->units, 2 * n * sizeof *level->units);
    bounds_copy(&level->bounds, &parent->bounds);
    level->n_literals = parent->n_literals;
    level->n_slopes = parent->n_slopes;
    level->is_possible = parent->is_possible;
    r->depth++;
    r->has_forms = false;
    if (split->kind == ORACLE_NEURON) {
        apply_neuron(r, level, split, side);
        return level->is_possible;
    }
    const int64_t at = replay_threshold(r, split, level);
    level->units[side == 0 ? n + split->index : split->index] = at;
    level->is_possible =
        level->is_possible &&
        level->units[split->index] <= level->units[n + split->index];
    replay_move_input(r, level, split->index);
    return level->is_possible;
}

static void leave(void *context)
{
    struct replay *r = context;
    REQUIRE(r->depth > 0);
    r->depth--;
    r->has_forms = false;
    r->literals.n = replay_here(r)->n_literals;
    r->slopes.n = replay_here(r)->n_slopes;
    set_all_stale(r);
}

static void slope(void *context, uint32_t relu, uint32_t element, double value)
{
    struct replay *r = context;
    const struct replay_slope one = {relu, element, value};
    VEC_PUSH(&r->slopes, one);
    replay_here(r)->n_slopes++;
    set_all_stale(r);
}

void replay_set_lines(struct replay *r, size_t end, bool use_slopes)
{
    const struct bounds *bounds = &replay_here(r)->bounds;
    const bool has_slopes = use_slopes && r->slopes.n > 0;
    if (has_slopes != r->has_slopes) {
        set_all_stale(r);
        r->has_slopes = has_slopes;
    }
    size_t n_before = 0;
    for (size_t k = 1; k < end; k++) {
        const struct layer *layer = &r->layers->layer[k];
        const size_t i = n_before;
        const size_t source = layer->source;
        n_before += layer_has_neurons(layer) ? 1 : 0;
        if (!r->is_stale[k]) {
            continue;
        }
        r->is_stale[k] = false;
        if (layer_is_curved(layer)) {
            backward_set_curve(r->backward, k, bounds);
        }
        if (layer->kind != LAYER_RELU) {
            continue;
        }
        backward_set_lines(r->backward, k, bounds->lower[source],
                           bounds->upper[source]);
        for (size_t s = 0; has_slopes && s < r->slopes.n; s++) {
            const struct replay_slope *one = &r->slopes.data[s];
            if (one->relu == i && bounds->lower[source][one->element] < 0.0 &&
                bounds->upper[source][one->element] > 0.0) {
                backward_set_slope(r->backward, k, one->element, one->slope);
            }
        }
    }
}

/* Rounded outward as the checker keeps facts. */
static double fact_down(const struct replay *r, double x)
{
    return ldexp(floor(ldexp(x, (int)r->fact_bits)), -(int)r->fact_bits);
}

/* Sharpens neurons[0 .. n-1] of layer `source`, but leaves this room. */
static void sharpen(struct replay *r, size_t source, double room,
                    const uint32_t *neurons, size_t n)
{
    struct replay_level *level = replay_here(r);
    const double *low = level->bounds.lower[0];
    const double *high = level->bounds.upper[0];
    backward_begin(r->backward, 2 * n);
    backward_seed_neurons(r->backward, source, neurons, n);
    backward_run(r->backward);
    for (size_t t = 0; t < n; t++) {
        double *lower = &level->bounds.lower[source][neurons[t]];
        double *upper = &level->bounds.upper[source][neurons[t]];
        const double plus = backward_minimum(r->backward, 2 * t, low, high);
        const double minus =
            backward_minimum(r->backward, 2 * t + 1, low, high);
        *lower = interval_raise(*lower, fact_down(r, plus - room));
        *upper = interval_reduce(*upper, -fact_down(r, minus - room));
        level->is_possible = level->is_possible && is_possible(lower, *upper);
    }
}

void replay_renew(struct replay *r, size_t end)
{
    struct replay_level *level = replay_here(r);
    if (r->depth > 0 || r->layers->n_curved == 0 || r->layers->n_pairs > 0) {
        return;
    }
    for (; r->n_renewed < end; r->n_renewed++) {
        if (!box_apply_layer(&level->bounds, r->layers, r->n_renewed)) {
            level->is_possible = false;
        }
        backward_extend_scale(r->backward, r->n_renewed, r->n_renewed + 1,
                              &level->bounds);
        forget_large(r, &level->bounds, r->n_renewed);
    }
}

/* Refreshes the values of layer `source`, which neurons of a layer read. */
static bool refresh_source(struct replay *r, size_t source,
                           const struct layer *reader)
{
    struct replay_level *level = replay_here(r);
    const enum layer_kind kind = r->layers->layer[source].kind;
    const bool can_gain = kind == LAYER_AFFINE ||
                          (r->layers->n_curved > 0 && kind != LAYER_INPUT);
    if (!level->is_possible || !can_gain) {
        return level->is_possible;
    }
    const size_t n = replay_find_open(r, source, reader);
    replay_set_lines(r, source + 1, false);
    const size_t block = backward_block(r->backward, source);
    for (size_t t = 0; t < n && level->is_possible; t += block) {
        sharpen(r, source, step_room(reader), r->neurons + t,
                n - t < block ? n - t : block);
    }
    forget_large(r, &level->bounds, source);
    replay_set_stale(r, source);
    return level->is_possible;
}

static bool refresh(void *context, uint32_t relu)
{
    struct replay *r = context;
    const struct layer *layer = &r->layers->layer[r->relu[relu]];
    replay_renew(r, r->relu[relu]);
    return refresh_source(r, layer->source, layer) &&
           (layer->kind != LAYER_PRODUCT ||
            refresh_source(r, layer->other, layer));
}

void replay_seed_atom(struct replay *r, size_t row, size_t number,
                      double factor)
{
    const struct query_atom *atom = r->spec.atom[number];
    const size_t n_inputs = r->layers->n_inputs;
    const size_t last = r->layers->n_layers - 1;
    for (size_t t = 0; t < atom->n_terms; t++) {
        const size_t v = atom->terms[t].variable;
        const bool is_input = v < n_inputs;
        double *seed = backward_seed(r->backward, is_input ? 0 : last, row);
        seed[is_input ? v : v - n_inputs] +=
            factor * atom->terms[t].coefficient;
    }
    backward_add_constant(r->backward, row, -factor * atom->rhs_up);
}

void replay_seed_literal(struct replay *r, size_t row, size_t distance,
                         double factor)
{
    if (distance >= r->literals.n) {
        backward_add_constant(r->backward, row, -HUGE_VAL);
        return;
    }
    const struct replay_literal *literal =
        &r->literals.data[r->literals.n - 1 - distance];
    backward_seed(r->backward, literal->z.layer, row)[literal->z.element] +=
        literal->is_upper ? -factor : factor;
    if (literal->level > 0.0 || literal->level < 0.0) {
        const double product = factor * literal->level;
        backward_add_constant(
            r->backward, row,
            interval_down(literal->is_upper ? product : -product));
    }
}

void replay_seed_sum(struct replay *r, size_t row, const struct oracle_sum *sum)
{
    const size_t first = r->spec.first[sum->disjunct];
    const size_t n_atoms = r->spec.first[sum->disjunct + 1] - first;
    for (size_t t = 0; t < sum->n; t++) {
        const struct oracle_term *term = &sum->terms[t];
        if (term->is_literal) {
            replay_seed_literal(r, row, term->index, term->multiplier);
        } else if (term->index < n_atoms) {
            replay_seed_atom(r, row, first + term->index, term->multiplier);
        } else {
            backward_add_constant(r->backward, row, -HUGE_VAL);
        }
    }
}

static bool lemma(void *context, const struct oracle_lemma *one)
{
    struct replay *r = context;
    struct replay_level *level = replay_here(r);
    const struct replay_value z = value_of(r, one->relu, one->element);
    double *lower = &level->bounds.lower[z.layer][z.element];
    double *upper = &level->bounds.upper[z.layer][z.element];
    replay_renew(r, r->relu[one->relu]);
    if (!level->is_possible ||
        copies_input(r->copied, z.layer, z.element) != COPIES_NONE) {
        return level->is_possible;
    }
    replay_set_lines(r, r->layers->n_layers, true);
    backward_begin(r->backward, 1);
    backward_seed(r->backward, z.layer, 0)[z.element] +=
        one->is_upper ? -1.0 : 1.0;
    replay_seed_sum(r, 0, &one->by);
    backward_run(r->backward);
    const double value =
        fact_down(r, backward_minimum(r->backward, 0, level->bounds.lower[0],
                                      level->bounds.upper[0]));
    if (one->is_upper) {
        *upper = interval_reduce(*upper, -value);
    } else {
        *lower = interval_raise(*lower, value);
    }
    level->is_possible = is_possible(lower, *upper);
    replay_set_stale(r, z.layer);
    return level->is_possible;
}

/* Rows of a sum: one, or one for each atom. */
static size_t n_rows(const struct replay *r, const struct oracle_sum *sum)
{
    return sum->n > 0 ? 1
                      : r->spec.first[sum->disjunct + 1] -
                            r->spec.first[sum->disjunct];
}

/* A row of a block: of sum `sum`, for its atom `atom` if that has no terms. */
struct row {
    size_t sum;
    size_t atom;
};

static void run_block(struct replay *r, double *margins,
                      const struct oracle_sum *sums, const struct row *rows,
                      size_t n)
{
    const struct replay_level *level = replay_here(r);
    backward_begin(r->backward, n);
    for (size_t i = 0; i < n; i++) {
        const struct oracle_sum *sum = &sums[rows[i].sum];
        if (sum->n > 0) {
            replay_seed_sum(r, i, sum);
        } else {
            replay_seed_atom(r, i, r->spec.first[sum->disjunct] + rows[i].atom,
                             1.0);
        }
    }
    backward_run(r->backward);
    for (size_t i = 0; i < n; i++) {
        const double bound = backward_minimum(
            r->backward, i, level->bounds.lower[0], level->bounds.upper[0]);
        margins[rows[i].sum] = fmax(margins[rows[i].sum], bound);
    }
}

static void find_margins(void *context, double *margins,
                         const struct oracle_sum *sums, size_t n)
{
    struct replay *r = context;
    struct row rows[BACKWARD_ROWS];
    size_t n_block = 0;
    replay_renew(r, r->layers->n_layers);
    replay_set_lines(r, r->layers->n_layers, true);
    for (size_t s = 0; s < n; s++) {
        margins[s] = replay_here(r)->is_possible ? -HUGE_VAL : HUGE_VAL;
    }
    for (size_t s = 0; s < n && replay_here(r)->is_possible; s++) {
        for (size_t a = 0; a < n_rows(r, &sums[s]); a++) {
            rows[n_block++] = (struct row){s, a};
            if (n_block == BACKWARD_ROWS) {
                run_block(r, margins, sums, rows, n_block);
                n_block = 0;
            }
        }
    }
    if (n_block > 0) {
        run_block(r, margins, sums, rows, n_block);
    }
}

static double cost(void *context)
{
    const struct replay *r = context;
    return (double)backward_madds(r->backward) - r->spent;
}

struct oracle replay_oracle(struct replay *r)
{
    return (struct oracle){
        .context = r,
        .n_relus = r->n_relus,
        .n_neurons = r->n_neurons,
        .load = load,
        .enter = enter,
        .leave = leave,
        .slope = slope,
        .lemma = lemma,
        .refresh = refresh,
        .margins = find_margins,
        .choose = replay_choose,
        .layer = replay_layer_of,
        .end = replay_end,
        .closing_needs = replay_closing_needs,
        .lemma_needs = replay_lemma_needs,
        .cost = cost,
    };
}

const struct bounds *replay_bounds(struct replay *r)
{
    return &replay_here(r)->bounds;
}

size_t replay_layer(const struct replay *r, size_t relu)
{
    REQUIRE(relu < r->n_relus);
    return r->relu[relu];
}

bool replay_slope(const struct replay *r, size_t relu, size_t element,
                  double *value)
{
    bool is_found = false;
    for (size_t s = 0; s < r->slopes.n; s++) {
        const struct replay_slope *one = &r->slopes.data[s];
        if (one->relu == relu && one->element == element) {
            *value = one->slope;
            is_found = true;
        }
    }
    return is_found;
}
