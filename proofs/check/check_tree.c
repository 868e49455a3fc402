/* Splits, steps and closings, node by node.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_tree.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_form.h"
#include "proofs/check/check_needed.h"
#include "proofs/check/check_region.h"
#include "proofs/check/check_transcendental.h"

#include <pthread.h>

/* Nodes above this depth, and subtrees with their root at it, are units: each
 * is checked by the worker that claims it first. */
enum { UNIT_DEPTH = 6 };
enum { MOST_GOALS = 8 }; /* bounded at a time */

/* What all workers share. claimed: [n_units], NULL while these are counted. */
struct proof {
    const struct check_head *head;
    const struct check_network *network;
    const struct check_query *query;
    enum check_arithmetic arithmetic;
    pthread_mutex_t mutex; /* of claimed */
    size_t n_units;
    bool *claimed;
};

/* A node on the path: the length of the trail before it and after its steps;
 * whether its region is known to be empty, and whether it and all above it were
 * entered in integers of any size. */
struct level {
    size_t n_before;
    size_t n_after;
    bool is_empty;
    bool is_exact;
};

/*
 * A worker. Its context is that of node n_known - 1 on the path.
 *   levels   [n_depths] by depth, known below n_known
 *   nodes    [n_depths] those on the path, by depth
 *   forms    of nodes entered
 *   n_units  units that were met; n_owned of them are checked here
 *   needed   by the case in work
 *   z, ends  [neurons of the widest layer] scratch of refreshing
 *   goals .. closing  [n_goals] goal > right, or >= right if strict, for a
 *            closing; closed: by number of the closing
 */
struct walk {
    struct proof *proof;
    struct check_back *back;
    struct check_records records;
    struct check_context context;
    size_t n_known;
    struct level *levels;
    struct check_node *nodes;
    size_t n_depths;
    struct check_forms forms;
    size_t n_units;
    size_t n_owned;
    bool is_owner;
    struct check_needed needed;
    uint32_t *z;
    int64_t *ends;
    size_t n_goals;
    struct check_goal goals[MOST_GOALS];
    struct check_bound bounds[MOST_GOALS];
    mpq_t right[MOST_GOALS];
    bool is_strict[MOST_GOALS];
    size_t closing[MOST_GOALS];
    bool *closed;
    pthread_t thread;
};

static const struct check_case *current_case(const struct walk *walk)
{
    return &walk->proof->query->cases[walk->records.number];
}

/* An empty goal with right side 0; its place. */
static size_t new_goal(struct walk *walk)
{
    const size_t g = walk->n_goals++;
    check_goal_reset(&walk->goals[g]);
    mpq_set_ui(walk->right[g], 0, 1);
    walk->is_strict[g] = false;
    return g;
}

/* goal += multiplier * 2^exponent * (form of the atom), right likewise. */
static void add_atom(struct walk *walk, size_t g, const struct check_atom *atom,
                     const mpz_t multiplier, long exponent)
{
    mpz_t coefficient;
    mpq_t part;
    mpz_init(coefficient);
    mpq_init(part);
    for (size_t t = 0; t < atom->n_terms; t++) {
        const struct check_term *term = &atom->terms[t];
        mpz_mul(coefficient, term->coefficient, multiplier);
        check_goal_add(&walk->goals[g],
                       term->is_output
                           ? walk->proof->network->output[term->index]
                           : term->index,
                       coefficient, exponent);
    }
    mpq_set_z(part, multiplier);
    if (exponent >= 0) {
        mpq_mul_2exp(part, part, (mp_bitcnt_t)exponent);
    } else {
        mpq_div_2exp(part, part, (mp_bitcnt_t)-exponent);
    }
    mpq_mul(part, part, atom->rhs);
    mpq_add(walk->right[g], walk->right[g], part);
    walk->is_strict[g] = walk->is_strict[g] || atom->is_strict;
    mpz_clear(coefficient);
    mpq_clear(part);
}

/* right += factor * 2^exponent * level, a number of units of 2^-G. */
static void add_level(struct walk *walk, size_t g, const mpz_t factor,
                      long exponent, int64_t level)
{
    mpq_t part;
    mpq_init(part);
    mpz_mul_si(mpq_numref(part), factor, level);
    exponent -= (long)walk->context.region.fact_bits;
    if (exponent >= 0) {
        mpq_mul_2exp(part, part, (mp_bitcnt_t)exponent);
    } else {
        mpq_div_2exp(part, part, (mp_bitcnt_t)-exponent);
    }
    mpq_add(walk->right[g], walk->right[g], part);
    mpq_clear(part);
}

/* goal += a combination of a disjunct's atoms and of literals of the path. */
static void add_combination(struct walk *walk, size_t g,
                            const struct check_node *node,
                            const struct check_combination *by, size_t disjunct)
{
    const struct check_atom **atoms =
        current_case(walk)->disjuncts[disjunct].atoms;
    mpz_t mantissa;
    mpz_init(mantissa);
    for (size_t i = 0; i < by->n_atoms + by->n_literals; i++) {
        const struct check_multiplier *multiplier =
            &node->multipliers[by->first + i];
        mpz_set_ui(mantissa, multiplier->mantissa);
        if (i < by->n_atoms) {
            add_atom(walk, g, atoms[multiplier->index], mantissa,
                     multiplier->exponent);
            continue;
        }
        const struct check_split *split =
            &walk->records.path[multiplier->index];
        if (split->side == 1) {
            mpz_neg(mantissa, mantissa); /* -z <= -t */
        }
        check_goal_add(&walk->goals[g], split->coordinate, mantissa,
                       multiplier->exponent);
        add_level(walk, g, mantissa, multiplier->exponent, split->value);
    }
    mpz_clear(mantissa);
}

/* Bounds the goals, and notes the closings that are shown by one of them. */
static void close_goals(struct walk *walk, enum check_arithmetic arithmetic,
                        struct check_form *form)
{
    check_back_keep(walk->back, form);
    check_back_bounds(walk->bounds, walk->back, &walk->context.region,
                      walk->goals, walk->n_goals, arithmetic);
    check_back_keep(walk->back, NULL);
    for (size_t g = 0; g < walk->n_goals; g++) {
        const struct check_bound *bound = &walk->bounds[g];
        if (bound->is_finite &&
            check_dyadic_compare(&bound->value, walk->right[g]) >=
                (walk->is_strict[g] ? 0 : 1)) {
            walk->closed[walk->closing[g]] = true;
        }
    }
    walk->n_goals = 0;
}

/* What the atoms of a node's only closing, by default, are replaced by. NULL
 * for other closings, or more atoms than are bounded at a time. */
static struct check_form *find_form(struct walk *walk,
                                    const struct check_node *node,
                                    enum check_arithmetic arithmetic)
{
    const struct check_closing *closing = node->closings;
    if (arithmetic != CHECK_FAST || node->n_closings != 1 ||
        !closing->is_default || !check_back_has_forms(walk->back) ||
        current_case(walk)->disjuncts[closing->disjunct].n_atoms >=
            MOST_GOALS) {
        return NULL;
    }
    return check_forms_get(&walk->forms, walk->records.depth,
                           closing->disjunct);
}

/* True if one of the atoms that a form stands for is shown by it. */
static bool close_by_form(struct walk *walk, const struct check_form *form,
                          const struct check_disjunct *disjunct)
{
    bool is_closed = false;
    check_back_finish(walk->bounds, walk->back, &walk->context.region, form,
                      disjunct->n_atoms);
    for (size_t a = 0; a < disjunct->n_atoms && !is_closed; a++) {
        const struct check_atom *atom = disjunct->atoms[a];
        is_closed = walk->bounds[a].is_finite &&
                    check_dyadic_compare(&walk->bounds[a].value, atom->rhs) >=
                        (atom->is_strict ? 0 : 1);
    }
    return is_closed;
}

/* FORMAT.md, "Closing": true if all closings of the node are right. */
static bool close_node(struct walk *walk, const struct check_node *node,
                       enum check_arithmetic arithmetic)
{
    struct check_form *form = find_form(walk, node, arithmetic);
    bool are_closed = true;
    mpz_t one;
    if (form != NULL && form->is_known &&
        close_by_form(
            walk, form,
            &current_case(walk)->disjuncts[node->closings[0].disjunct])) {
        return true;
    }
    mpz_init_set_ui(one, 1);
    walk->closed =
        check_resize(walk->closed, node->n_closings, sizeof *walk->closed);
    for (size_t c = 0; c < node->n_closings; c++) {
        const struct check_closing *closing = &node->closings[c];
        const struct check_disjunct *disjunct =
            &current_case(walk)->disjuncts[closing->disjunct];
        const size_t n = closing->is_default ? disjunct->n_atoms : 1;
        walk->closed[c] = false;
        for (size_t a = 0; a < n && !walk->closed[c]; a++) {
            const size_t g = new_goal(walk);
            walk->closing[g] = c;
            if (closing->is_default) {
                add_atom(walk, g, disjunct->atoms[a], one, 0);
            } else {
                add_combination(walk, g, node, &closing->by, closing->disjunct);
            }
            if (walk->n_goals == MOST_GOALS) {
                close_goals(walk, arithmetic, NULL);
            }
        }
    }
    close_goals(walk, arithmetic, form);
    for (size_t c = 0; c < node->n_closings; c++) {
        are_closed = are_closed && walk->closed[c];
    }
    mpz_clear(one);
    return are_closed;
}

/* FORMAT.md, "Lemmas": false if the region turns out to be empty. */
static bool apply_lemma(struct walk *walk, const struct check_node *node,
                        const struct check_lemma *lemma,
                        enum check_arithmetic arithmetic)
{
    const struct check_region *region = &walk->context.region;
    const size_t g = new_goal(walk);
    mpz_t one;
    mpz_init_set_si(one, lemma->is_upper ? -1 : 1);
    check_goal_add(&walk->goals[g], lemma->z, one, 0);
    mpz_clear(one);
    add_combination(walk, g, node, &lemma->by, node->only);
    check_back_bounds(walk->bounds, walk->back, region, walk->goals, 1,
                      arithmetic);
    walk->n_goals = 0;
    const int64_t end = walk->bounds[0].is_finite
                            ? check_dyadic_floor_difference(
                                  &walk->bounds[0].value, walk->right[0],
                                  region->fact_bits, CHECK_MOST_FACT)
                            : CHECK_NO_LOWER;
    if (end == CHECK_NO_LOWER || lemma->z < region->n_inputs) {
        return true; /* nothing that the facts do not say */
    }
    return check_context_narrow(&walk->context, lemma->z,
                                lemma->is_upper ? CHECK_NO_LOWER : end,
                                lemma->is_upper ? -end : CHECK_NO_UPPER);
}

/* FORMAT.md, "Refresh": false if the region turns out to be empty. */
static bool refresh(struct walk *walk, const struct check_layer *layer,
                    enum check_arithmetic arithmetic)
{
    const struct check_region *region = &walk->context.region;
    bool has_any = true;
    check_needed_find(&walk->needed, walk->proof->network, current_case(walk));
    const size_t n = check_back_settle(
        walk->z, check_needed_neurons(walk->z, &walk->needed, region, layer),
        walk->back, &walk->context, layer);
    check_back_neurons(walk->ends, walk->back, region, walk->z, n, arithmetic);
    check_back_leave_room(walk->ends, n, layer, region->fact_bits);
    for (size_t i = 0; i < n; i++) {
        has_any =
            check_context_narrow(&walk->context, walk->z[i], walk->ends[2 * i],
                                 walk->ends[2 * i + 1]) &&
            has_any;
    }
    return has_any;
}

/* Lemmas and refreshing, layer after layer: FORMAT.md, "Steps of a node". */
static void take_steps(struct walk *walk, const struct check_node *node,
                       struct level *level, enum check_arithmetic arithmetic)
{
    const struct check_network *network = walk->proof->network;
    size_t l = 0;
    size_t next = level == walk->levels ? 0 : network->n_layers;
    check_back_enter(walk->back);
    for (size_t r = 0; r < network->n_relus && !level->is_empty; r++) {
        bool has_any = check_back_renew(&walk->context, walk->back, &next,
                                        network->relu[r]);
        for (; l < node->n_lemmas && node->lemmas[l].relu == r; l++) {
            has_any = has_any &&
                      apply_lemma(walk, node, &node->lemmas[l], arithmetic);
        }
        if (has_any && (node->refresh >> r & 1) != 0) {
            has_any =
                refresh(walk, &network->layers[network->relu[r]], arithmetic);
        }
        level->is_empty = !has_any;
    }
    level->is_empty =
        level->is_empty ||
        !check_back_renew(&walk->context, walk->back, &next, network->n_layers);
}

/* Narrows by the literal of a split: FORMAT.md, "Splits". */
static bool take_literal(struct walk *walk, const struct check_split *split)
{
    const bool is_upper = split->side == 0;
    int64_t at = split->value;
    if (split->kind == CHECK_INPUT_SPLIT) {
        const int64_t *ends = walk->context.region.ends + 2 * split->coordinate;
        const check_wide width = (check_wide)ends[1] - ends[0];
        if (split->threshold == CHECK_MIDPOINT) {
            at = (ends[0] + ends[1]) >> 1;
        } else if (split->threshold == CHECK_FRACTION) {
            at = ends[0] + (int64_t)(width * split->value / 32);
        }
        if (at <= ends[0] || at >= ends[1]) {
            check_records_reject(&walk->records,
                                 "threshold above it not inside the box");
        }
    } else if (split->coordinate < walk->context.region.n_inputs) {
        at = check_region_level(&walk->context.region, at, is_upper);
    }
    return check_context_narrow(&walk->context, split->coordinate,
                                is_upper ? CHECK_NO_LOWER : at,
                                is_upper ? at : CHECK_NO_UPPER);
}

/* Makes the context that of the node at `depth` on the path, whose parent's it
 * is so far. */
static void enter_node(struct walk *walk, size_t depth,
                       enum check_arithmetic arithmetic)
{
    struct level *level = &walk->levels[depth];
    const struct check_node *node = &walk->nodes[depth];
    *level = (struct level){.n_before = walk->context.n_changes,
                            .is_exact = arithmetic == CHECK_EXACT};
    if (level->n_before != (depth > 0 ? level[-1].n_after : 0)) {
        check_reject("internal: the trail is not that of the parent");
    }
    if (depth == 0) {
        check_back_intervals(&walk->context.region, walk->proof->network);
    } else {
        level->is_empty = level[-1].is_empty ||
                          !take_literal(walk, &walk->records.path[depth]);
    }
    const size_t n_literal = walk->context.n_changes;
    for (size_t s = 0; s < node->n_slopes && !level->is_empty; s++) {
        check_context_set_slope(&walk->context, node->slopes[s].coordinate,
                                node->slopes[s].slope);
    }
    take_steps(walk, node, level, arithmetic);
    level->n_after = walk->context.n_changes;
    check_forms_enter(&walk->forms, depth,
                      walk->records.path[depth].kind == CHECK_INPUT_SPLIT &&
                          level->n_after == n_literal);
}

/* Takes back what was learnt in nodes at this depth and below: the only place
 * where a context is left. */
static void leave_nodes(struct walk *walk, size_t depth)
{
    if (walk->n_known > depth) {
        check_context_undo(&walk->context, walk->levels[depth].n_before);
        walk->n_known = depth;
    }
}

/* Enters all nodes on the path that were not. */
static void enter_nodes(struct walk *walk, enum check_arithmetic arithmetic)
{
    for (; walk->n_known <= walk->records.depth; walk->n_known++) {
        enter_node(walk, walk->n_known, arithmetic);
    }
}

/* Checks what the current node, which was entered, closes. What words do not
 * show is shown by integers from the root on: their facts stay for the rest of
 * the path. */
static void check_closings(struct walk *walk, const struct check_node *node)
{
    const size_t depth = walk->records.depth;
    const struct level *level = &walk->levels[depth];
    size_t n_exact = 0;
    if (level->is_empty || close_node(walk, node, walk->proof->arithmetic)) {
        return;
    }
    while (n_exact <= depth && walk->levels[n_exact].is_exact) {
        n_exact++;
    }
    leave_nodes(walk, n_exact);
    enter_nodes(walk, CHECK_EXACT);
    if (level->is_empty || close_node(walk, node, CHECK_EXACT)) {
        return;
    }
    size_t c = 0;
    while (walk->closed[c]) {
        c++;
    }
    check_reject("%s: case %zu: node %zu: disjunct %zu is not closed",
                 walk->proof->head->file.path, walk->records.number,
                 walk->records.node, node->closings[c].disjunct);
}

/* True if this worker is the first to ask for its next unit. */
static bool claim_unit(struct walk *walk)
{
    struct proof *proof = walk->proof;
    const size_t unit = walk->n_units++;
    if (proof->claimed == NULL) {
        return false;
    }
    if (unit >= proof->n_units) {
        check_reject("internal: more units than were counted");
    }
    (void)pthread_mutex_lock(&proof->mutex);
    const bool is_first = !proof->claimed[unit];
    proof->claimed[unit] = true;
    (void)pthread_mutex_unlock(&proof->mutex);
    walk->n_owned += is_first ? 1 : 0;
    return is_first;
}

/* Makes room for nodes of a depth. */
static void reach_depth(struct walk *walk, size_t depth)
{
    for (; walk->n_depths <= depth; walk->n_depths++) {
        const size_t n = walk->n_depths;
        walk->levels = check_grow(walk->levels, n, sizeof *walk->levels);
        walk->nodes = check_grow(walk->nodes, n, sizeof *walk->nodes);
        walk->nodes[n] = (struct check_node){0};
    }
}

/* Reads the next node, and checks it if it is of a unit claimed here. Nodes
 * above units that others check are entered only when they are needed. */
static void visit_node(struct walk *walk)
{
    const size_t depth = walk->records.depth;
    reach_depth(walk, depth);
    struct check_node *node = &walk->nodes[depth];
    leave_nodes(walk, depth);
    check_records_read(&walk->records, node);
    if (depth <= UNIT_DEPTH) {
        walk->is_owner = claim_unit(walk);
    }
    if (walk->is_owner && (depth >= UNIT_DEPTH || node->n_closings > 0)) {
        enter_nodes(walk, walk->proof->arithmetic);
        check_closings(walk, node);
    }
}

/* The induction of FORMAT.md, "Theorem", from the roots to the leaves. */
static void *walk_trees(void *argument)
{
    struct walk *walk = argument;
    const struct proof *proof = walk->proof;
    walk->n_units = 0;
    check_records_open(&walk->records, proof->head, proof->network,
                       proof->query);
    for (size_t number = 0; number < proof->query->n_cases; number++) {
        leave_nodes(walk, 0);
        check_records_start(&walk->records, number);
        check_region_load(&walk->context.region, current_case(walk), number);
        do {
            visit_node(walk);
        } while (check_records_advance(&walk->records));
    }
    check_records_finish(&walk->records);
    check_records_close(&walk->records);
    check_transcendental_clear();
    return NULL;
}

static void init_walk(struct walk *walk, struct proof *proof,
                      const struct check_back *shared)
{
    const struct check_network *network = proof->network;
    size_t width = 0;
    *walk = (struct walk){.proof = proof};
    walk->back = check_back_create(network, shared);
    walk->context.region = (struct check_region){
        .box_bits = proof->head->box_bits,
        .fact_bits = proof->head->fact_bits,
        .slope_bits = proof->head->slope_bits,
        .lower_bits = proof->head->lower_bits,
        .n_inputs = network->n_inputs,
        .n_coordinates = network->n_coordinates,
    };
    check_context_init(&walk->context);
    for (size_t r = 0; r < network->n_relus; r++) {
        const size_t other =
            check_n_numbered(&network->layers[network->relu[r]]);
        width = other > width ? other : width;
    }
    walk->z = check_alloc(width, sizeof *walk->z);
    walk->ends = check_alloc(2 * width, sizeof *walk->ends);
    for (size_t g = 0; g < MOST_GOALS; g++) {
        mpz_init(walk->bounds[g].value.value);
        mpq_init(walk->right[g]);
    }
}

static void clear_walk(struct walk *walk)
{
    for (size_t g = 0; g < MOST_GOALS; g++) {
        check_goal_clear(&walk->goals[g]);
        mpz_clear(walk->bounds[g].value.value);
        mpq_clear(walk->right[g]);
    }
    for (size_t i = 0; i < walk->n_depths; i++) {
        check_node_clear(&walk->nodes[i]);
    }
    check_free(walk->nodes);
    check_free(walk->levels);
    check_forms_clear(&walk->forms);
    check_needed_clear(&walk->needed);
    check_free(walk->z);
    check_free(walk->ends);
    check_free(walk->closed);
    check_context_clear(&walk->context);
    check_back_free(walk->back);
}

/* Each worker goes over the whole stream; each unit is claimed by one. */
static void check_units(struct walk *walks, struct proof *proof,
                        size_t n_threads)
{
    size_t n_owned = 0;
    for (size_t t = 1; t < n_threads; t++) {
        if (pthread_create(&walks[t].thread, NULL, walk_trees, &walks[t]) !=
            0) {
            check_unsupported("a thread cannot be created");
        }
    }
    (void)walk_trees(&walks[0]);
    for (size_t t = 0; t < n_threads; t++) {
        if (t > 0 && pthread_join(walks[t].thread, NULL) != 0) {
            check_unsupported("a thread cannot be joined");
        }
        if (walks[t].n_units != proof->n_units) {
            check_reject("internal: a worker did not meet all units");
        }
        n_owned += walks[t].n_owned;
    }
    if (n_owned != proof->n_units) {
        check_reject("internal: units that nobody checked");
    }
}

void check_proof(const struct check_head *head,
                 const struct check_network *network,
                 const struct check_query *query,
                 enum check_arithmetic arithmetic, size_t n_threads)
{
    struct proof proof = {.head = head,
                          .network = network,
                          .query = query,
                          .arithmetic = arithmetic,
                          .mutex = PTHREAD_MUTEX_INITIALIZER};
    struct walk *walks = check_alloc(n_threads, sizeof *walks);
    for (size_t t = 0; t < n_threads; t++) {
        init_walk(&walks[t], &proof, t == 0 ? NULL : walks[0].back);
    }
    /* First without checking: what is malformed ends here. */
    (void)walk_trees(&walks[0]);
    proof.n_units = walks[0].n_units;
    proof.claimed = check_alloc(proof.n_units, sizeof *proof.claimed);
    check_units(walks, &proof, n_threads);
    for (size_t t = n_threads; t-- > 0;) {
        clear_walk(&walks[t]);
    }
    check_free(proof.claimed);
    check_free(walks);
}
