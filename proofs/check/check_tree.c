/* Splits, refreshing and closing, node by node.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_tree.h"

#include "proofs/check/check_context.h"
#include "proofs/check/check_fail.h"
#include "proofs/check/check_old_kernel.h"
#include "proofs/check/check_records.h"

#include <string.h>

/*
 * A split on the path to the current node, which lies in child `side`.
 *   index      of the input, or of the neuron
 *   threshold  of an input split, in units of 2^-box_bits
 *   n_changes  length of the trail before the literal of `side`
 *   is_empty   of the node that was split
 */
struct split {
    bool is_neuron;
    size_t index;
    int64_t threshold;
    unsigned side;
    size_t n_changes;
    bool is_empty;
};

/*
 * The walk. The context is that of the current node, `is_empty` says that it
 * is known to hold nowhere.
 *   path    [n_splits] root first
 *   goals, bounds, is_done [n_goals] scratch
 *   closed  [n_disjuncts of the case] scratch
 */
struct walk {
    const char *path_name;
    struct check_records records;
    const struct check_base *base;
    const struct check_query *query;
    enum check_arithmetic arithmetic;
    struct check_exact *exact;
    struct check_fixed *fixed;
    size_t number; /* of the case */
    size_t node;   /* number of the node, from 0 in each case */
    struct check_context context;
    bool is_empty;
    size_t n_splits;
    size_t size;
    struct split *path;
    size_t n_goals;
    struct check_goal *goals;
    struct check_bound *bounds;
    bool *is_done;
    bool *closed;
};

enum { MOST_GOALS = 64 }; /* bounded at a time */

_Noreturn static void reject(const struct walk *walk, const char *reason)
{
    check_reject("%s: case %zu: node %zu: %s", walk->path_name, walk->number,
                 walk->node, reason);
}

static const struct check_case *current_case(const struct walk *walk)
{
    return &walk->query->cases[walk->number];
}

static struct check_goal *new_goal(struct walk *walk)
{
    if (walk->n_goals == MOST_GOALS) {
        check_reject("internal: too many goals at a time");
    }
    struct check_goal *goal = &walk->goals[walk->n_goals++];
    goal->n = 0;
    return goal;
}

/* Bounds all goals; those that words are too short for, in integers. */
static void bound_goals(struct walk *walk)
{
    const size_t n = walk->n_goals;
    memset(walk->is_done, 0, MOST_GOALS * sizeof *walk->is_done);
    if (walk->arithmetic == CHECK_FAST) {
        check_fixed_bounds(walk->bounds, walk->is_done, walk->fixed,
                           &walk->context.region, walk->goals, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (!walk->is_done[i]) {
            check_exact_bound(&walk->bounds[i], walk->exact,
                              &walk->context.region, &walk->goals[i]);
        }
    }
    walk->n_goals = 0;
}

/* The largest fact not above the bound: FORMAT.md, "Refresh". */
static int64_t floor_fact(const struct check_bound *bound, unsigned fact_bits)
{
    int64_t fact = CHECK_NO_LOWER;
    mpz_t units;
    if (!bound->is_finite) {
        return fact;
    }
    const long shift = bound->exponent + (long)fact_bits;
    mpz_init(units);
    if (shift >= 0) {
        mpz_mul_2exp(units, bound->value, (mp_bitcnt_t)shift);
    } else {
        mpz_fdiv_q_2exp(units, bound->value, (mp_bitcnt_t)-shift);
    }
    if (mpz_cmp_si(units, CHECK_MOST_FACT) >= 0) {
        fact = CHECK_MOST_FACT;
    } else if (mpz_cmp_si(units, -CHECK_MOST_FACT) >= 0) {
        fact = mpz_get_si(units);
    }
    mpz_clear(units);
    return fact;
}

/* Bounds z from below and above for neurons[n]; adds the facts. */
static void refresh_neurons(struct walk *walk, const size_t *neurons, size_t n)
{
    mpz_t one;
    mpz_init_set_si(one, 1);
    for (size_t i = 0; i < n; i++) {
        const size_t coordinate = walk->base->n_inputs + neurons[i];
        check_goal_add(new_goal(walk), coordinate, true, one, 0);
        mpz_neg(one, one);
        check_goal_add(new_goal(walk), coordinate, true, one, 0);
        mpz_neg(one, one);
    }
    mpz_clear(one);
    bound_goals(walk);
    for (size_t i = 0; i < n; i++) {
        const unsigned fact_bits = walk->records.fact_bits;
        const int64_t lower = floor_fact(&walk->bounds[2 * i], fact_bits);
        const int64_t below = floor_fact(&walk->bounds[2 * i + 1], fact_bits);
        const int64_t upper = below == CHECK_NO_LOWER ? CHECK_NO_UPPER : -below;
        if (!check_context_narrow_neuron(&walk->context, neurons[i], lower,
                                         upper)) {
            walk->is_empty = true;
        }
    }
}

/* FORMAT.md, "Refresh": ReLU after ReLU, each with the facts before it. */
static void refresh(struct walk *walk)
{
    size_t neurons[MOST_GOALS / 2];
    for (size_t r = 0; r < walk->base->n_relus && !walk->is_empty; r++) {
        const struct check_block *block = &walk->base->blocks[r];
        const size_t first = block->first - walk->base->n_inputs;
        size_t n = 0;
        for (size_t i = first; i < first + block->width; i++) {
            if (walk->context.region.line[i].phase == CHECK_UNSTABLE) {
                neurons[n++] = i;
            }
            if (n == MOST_GOALS / 2 || (i + 1 == first + block->width)) {
                refresh_neurons(walk, neurons, n);
                n = 0;
            }
        }
    }
}

/* The threshold in units of 2^-box_bits: FORMAT.md, "Input split". */
static int64_t read_threshold(struct walk *walk, const struct check_node *node)
{
    const int64_t *ends = walk->context.region.box + 2 * node->input;
    if (!node->is_explicit) {
        const int64_t sum = ends[0] + ends[1];
        return sum >> 1;
    }
    const int64_t mantissa = check_records_signed(&walk->records);
    const long shift =
        check_records_exponent(&walk->records) + (long)walk->records.box_bits;
    int64_t threshold = 0;
    mpz_t units;
    mpz_init_set_si(units, mantissa);
    if (shift >= 0) {
        mpz_mul_2exp(units, units, (mp_bitcnt_t)shift);
    } else if (mpz_divisible_2exp_p(units, (mp_bitcnt_t)-shift) != 0) {
        mpz_fdiv_q_2exp(units, units, (mp_bitcnt_t)-shift);
    } else {
        reject(walk, "threshold is not on the grid of the box");
    }
    if (mpz_fits_slong_p(units) != 0) {
        threshold = mpz_get_si(units);
    } else {
        reject(walk, "threshold outside the box");
    }
    mpz_clear(units);
    return threshold;
}

static void read_split(struct walk *walk, struct split *split,
                       const struct check_node *node)
{
    if (node->kind == CHECK_INPUT_SPLIT) {
        const int64_t *ends = walk->context.region.box + 2 * node->input;
        split->index = node->input;
        split->threshold = read_threshold(walk, node);
        if (split->threshold <= ends[0] || split->threshold >= ends[1]) {
            reject(walk, "threshold not inside the box");
        }
        return;
    }
    const uint64_t relu = check_records_number(&walk->records);
    const uint64_t element = check_records_number(&walk->records);
    if (relu >= walk->base->n_relus ||
        element >= walk->base->blocks[relu].width) {
        reject(walk, "split of no neuron");
    }
    split->is_neuron = true;
    split->index =
        walk->base->blocks[relu].first - walk->base->n_inputs + element;
}

/* Enters child `side` of the last split. Its context is that of the split
 * node with one literal: FORMAT.md, "Splits". */
static void enter_side(struct walk *walk, unsigned side)
{
    struct split *split = &walk->path[walk->n_splits - 1];
    check_context_undo(&walk->context, split->n_changes);
    split->side = side;
    walk->is_empty = split->is_empty;
    if (!split->is_neuron) {
        (void)check_context_narrow_input(
            &walk->context, split->index,
            side == 0 ? INT64_MIN : split->threshold,
            side == 0 ? split->threshold : INT64_MAX);
    } else if (!check_context_narrow_neuron(&walk->context, split->index,
                                            side == 0 ? CHECK_NO_LOWER : 0,
                                            side == 0 ? 0 : CHECK_NO_UPPER)) {
        walk->is_empty = true;
    }
}

static void push_split(struct walk *walk, const struct check_node *node)
{
    struct split split = {.n_changes = walk->context.n_changes,
                          .is_empty = walk->is_empty};
    read_split(walk, &split, node);
    if (walk->n_splits == walk->size) {
        walk->size = 2 * walk->size + 64;
        walk->path = check_resize(walk->path, walk->size, sizeof *walk->path);
    }
    walk->path[walk->n_splits++] = split;
    enter_side(walk, 0);
}

/* goal += multiplier * 2^exponent * (form of the atom), right likewise. */
static void add_atom(const struct walk *walk, struct check_goal *goal,
                     mpq_t right, const struct check_atom *atom,
                     const mpz_t multiplier, long exponent)
{
    const size_t outputs = walk->base->blocks[walk->base->n_relus].first;
    mpz_t coefficient;
    mpq_t part;
    mpz_init(coefficient);
    mpq_init(part);
    for (size_t t = 0; t < atom->n_terms; t++) {
        const struct check_term *term = &atom->terms[t];
        mpz_mul(coefficient, term->coefficient, multiplier);
        check_goal_add(goal, term->index + (term->is_output ? outputs : 0),
                       false, coefficient, exponent);
    }
    mpq_set_z(part, multiplier);
    if (exponent >= 0) {
        mpq_mul_2exp(part, part, (mp_bitcnt_t)exponent);
    } else {
        mpq_div_2exp(part, part, (mp_bitcnt_t)-exponent);
    }
    mpq_mul(part, part, atom->rhs);
    mpq_add(right, right, part);
    mpz_clear(coefficient);
    mpq_clear(part);
}

/* FORMAT.md, "Closing": bound > right, or bound >= right if is_strict. */
static bool is_refuted(const struct check_bound *bound, const mpq_t right,
                       bool is_strict)
{
    mpq_t left;
    if (!bound->is_finite) {
        return false;
    }
    mpq_init(left);
    mpq_set_z(left, bound->value);
    if (bound->exponent >= 0) {
        mpq_mul_2exp(left, left, (mp_bitcnt_t)bound->exponent);
    } else {
        mpq_div_2exp(left, left, (mp_bitcnt_t)-bound->exponent);
    }
    const int order = mpq_cmp(left, right);
    mpq_clear(left);
    return is_strict ? order >= 0 : order > 0;
}

/* Reads a combination of the disjunct's atoms and of the path's literals:
 * true if it is refuted. */
static bool close_by_combination(struct walk *walk,
                                 const struct check_disjunct *disjunct)
{
    struct check_goal *goal = new_goal(walk);
    bool is_strict = false;
    mpz_t multiplier;
    mpq_t right;
    mpz_init(multiplier);
    mpq_init(right);
    for (uint64_t n = check_records_number(&walk->records); n > 0; n--) {
        const uint64_t a = check_records_number(&walk->records);
        const long exponent =
            check_records_multiplier(multiplier, &walk->records);
        if (a >= disjunct->n_atoms) {
            reject(walk, "multiplier of no atom");
        }
        is_strict = is_strict || disjunct->atoms[a]->is_strict;
        add_atom(walk, goal, right, disjunct->atoms[a], multiplier, exponent);
    }
    for (uint64_t n = check_records_number(&walk->records); n > 0; n--) {
        const uint64_t place = check_records_number(&walk->records);
        const long exponent =
            check_records_multiplier(multiplier, &walk->records);
        if (place >= walk->n_splits || !walk->path[place].is_neuron) {
            reject(walk, "multiplier of no neuron literal of the path");
        }
        if (walk->path[place].side == 1) {
            mpz_neg(multiplier, multiplier); /* -z <= 0 */
        }
        check_goal_add(goal, walk->base->n_inputs + walk->path[place].index,
                       true, multiplier, exponent);
    }
    bool is_closed = walk->is_empty;
    if (!is_closed) {
        bound_goals(walk);
        is_closed = is_refuted(&walk->bounds[0], right, is_strict);
    }
    if (!is_closed && walk->arithmetic == CHECK_FAST) {
        check_exact_bound(&walk->bounds[0], walk->exact, &walk->context.region,
                          goal);
        is_closed = is_refuted(&walk->bounds[0], right, is_strict);
    }
    walk->n_goals = 0;
    mpz_clear(multiplier);
    mpq_clear(right);
    return is_closed;
}

/* Bounds the goals of some atoms and marks the disjuncts they refute. */
static void close_by_atoms(struct walk *walk, const struct check_atom **atoms,
                           const size_t *disjuncts, size_t n)
{
    mpz_t one;
    mpq_t right;
    mpz_init_set_si(one, 1);
    mpq_init(right);
    for (size_t i = 0; i < n; i++) {
        add_atom(walk, new_goal(walk), right, atoms[i], one, 0);
    }
    bound_goals(walk);
    for (size_t i = 0; i < n; i++) {
        if (is_refuted(&walk->bounds[i], atoms[i]->rhs, atoms[i]->is_strict)) {
            walk->closed[disjuncts[i]] = true;
        }
    }
    mpz_clear(one);
    mpq_clear(right);
}

/* Closes by single atoms what is not closed yet: false if some is not. */
static bool close_by_default(struct walk *walk)
{
    const struct check_case *of = current_case(walk);
    const struct check_atom *atoms[CHECK_LANES];
    size_t disjuncts[CHECK_LANES];
    size_t n = 0;
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        for (size_t a = 0; a < of->disjuncts[d].n_atoms; a++) {
            if (walk->closed[d]) {
                break;
            }
            atoms[n] = of->disjuncts[d].atoms[a];
            disjuncts[n++] = d;
            if (n == CHECK_LANES) {
                close_by_atoms(walk, atoms, disjuncts, n);
                n = 0;
            }
        }
    }
    close_by_atoms(walk, atoms, disjuncts, n);
    bool are_closed = true;
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        are_closed = are_closed && walk->closed[d];
    }
    return are_closed;
}

/* FORMAT.md, "Closing". */
static void close_leaf(struct walk *walk, const struct check_node *node)
{
    const struct check_case *of = current_case(walk);
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        walk->closed[d] = walk->is_empty;
        const uint64_t kind =
            node->is_explicit ? check_records_number(&walk->records) : 0;
        if (kind > 1) {
            check_cursor_fail(&walk->records.data, "unknown kind of closing");
        }
        if (kind == 1) {
            walk->closed[d] = close_by_combination(walk, &of->disjuncts[d]);
            if (!walk->closed[d]) {
                reject(walk, "a combination does not close its disjunct");
            }
        }
    }
    if (close_by_default(walk)) {
        return;
    }
    if (walk->arithmetic == CHECK_FAST) {
        walk->arithmetic = CHECK_EXACT;
        if (close_by_default(walk)) {
            walk->arithmetic = CHECK_FAST;
            return;
        }
    }
    reject(walk, "no atom closes a disjunct");
}

/* Sets the box of a case: FORMAT.md, "Box". */
static void load_box(struct walk *walk)
{
    const struct check_case *of = current_case(walk);
    const mp_bitcnt_t bits = walk->records.box_bits;
    mpz_t units;
    mpz_init(units);
    for (size_t e = 0; e < 2 * walk->base->n_inputs; e++) {
        if (of->box[e] == NULL) {
            check_unsupported("case %zu: input %zu has no %s end", walk->number,
                              e / 2, e % 2 == 0 ? "lower" : "upper");
        }
        /* -x <= rhs or x <= rhs: rounding rhs up moves both ends outward. */
        mpz_mul_2exp(units, mpq_numref(of->box[e]->rhs), bits);
        mpz_cdiv_q(units, units, mpq_denref(of->box[e]->rhs));
        if (mpz_cmpabs_ui(units, (unsigned long)1 << 61) > 0) {
            check_unsupported("case %zu: input %zu: end too large for the "
                              "grid of the certificate",
                              walk->number, e / 2);
        }
        const int64_t end = mpz_get_si(units);
        walk->context.region.box[e] = e % 2 == 0 ? -end : end;
    }
    mpz_clear(units);
}

/* Goes to the next node in pre-order; false after the last. What was learnt
 * on the way down is taken back by enter_side, at the end by walk_case. */
static bool leave_node(struct walk *walk)
{
    while (walk->n_splits > 0 && walk->path[walk->n_splits - 1].side == 1) {
        walk->n_splits--;
    }
    if (walk->n_splits > 0) {
        enter_side(walk, 1);
    }
    return walk->n_splits > 0;
}

/* The induction of FORMAT.md, "Theorem", from the root to the leaves. */
static void walk_case(struct walk *walk)
{
    check_context_undo(&walk->context, 0);
    load_box(walk);
    walk->is_empty = false;
    walk->node = 0;
    walk->closed = check_resize(walk->closed, current_case(walk)->n_disjuncts,
                                sizeof *walk->closed);
    for (bool has_more = true; has_more; walk->node++) {
        const struct check_node node =
            check_records_node(&walk->records, walk->base->n_inputs);
        if (node.refresh && !walk->is_empty) {
            refresh(walk);
        }
        if (node.kind == CHECK_LEAF) {
            close_leaf(walk, &node);
            has_more = leave_node(walk);
        } else {
            push_split(walk, &node);
        }
    }
}

static void init_walk(struct walk *walk, struct check_base *base)
{
    struct check_region *region = &walk->context.region;
    walk->base = base;
    walk->exact = check_exact_create(base);
    walk->fixed =
        walk->arithmetic == CHECK_FAST ? check_fixed_create(base) : NULL;
    region->box_bits = walk->records.box_bits;
    region->fact_bits = walk->records.fact_bits;
    region->slope_bits = walk->records.slope_bits;
    check_context_init(&walk->context, base->n_inputs,
                       base->blocks[base->n_relus].first - base->n_inputs);
    walk->goals = check_alloc(MOST_GOALS, sizeof *walk->goals);
    walk->bounds = check_alloc(MOST_GOALS, sizeof *walk->bounds);
    walk->is_done = check_alloc(MOST_GOALS, sizeof *walk->is_done);
    for (size_t i = 0; i < MOST_GOALS; i++) {
        mpz_init(walk->bounds[i].value);
    }
}

static void clear_walk(struct walk *walk, struct check_base *base)
{
    for (size_t i = 0; i < MOST_GOALS; i++) {
        mpz_clear(walk->bounds[i].value);
        check_goal_clear(&walk->goals[i]);
    }
    check_free(walk->goals);
    check_free(walk->bounds);
    check_free(walk->is_done);
    check_free(walk->closed);
    check_free(walk->path);
    check_context_clear(&walk->context);
    check_exact_free(walk->exact);
    if (walk->fixed != NULL) {
        check_fixed_free(walk->fixed);
    }
    check_base_free(base);
    check_records_close(&walk->records);
}

void check_certificate(const char *path, const struct check_network *network,
                       const struct check_property *property,
                       const struct check_query *query,
                       enum check_arithmetic arithmetic)
{
    struct walk walk = {
        .path_name = path, .query = query, .arithmetic = arithmetic};
    check_records_open(&walk.records, path);
    check_query_require(query, property, network, path,
                        walk.records.network_hash);
    if (walk.records.n_cases != query->n_cases) {
        check_reject("%s: has %llu cases, the query has %zu", path,
                     (unsigned long long)walk.records.n_cases, query->n_cases);
    }
    struct check_base *base = check_base_create(network);
    init_walk(&walk, base);
    for (; walk.number < query->n_cases; walk.number++) {
        walk_case(&walk);
    }
    check_records_finish(&walk.records);
    clear_walk(&walk, base);
}
