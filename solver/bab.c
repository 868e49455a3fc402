/* Take a node, bound it, close it or split it, until nothing is open. */
#include "solver/bab.h"

#include "domains/box.h"
#include "solver/dual.h"
#include "solver/frontier.h"
#include "solver/prover.h"
#include "solver/prover_dual.h"
#include "solver/prover_plan.h"
#include "solver/record_tree.h"
#include "solver/workers.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <math.h>
#include <stdatomic.h>

/* HEAD_NODES, or as many as take HEAD_EFFORT multiply-adds, are worked on by
 * one thread, so that easy cases start none; a worker tries the centre of every
 * CENTRE_PERIOD-th open node. */
enum { HEAD_NODES = 32, CENTRE_PERIOD = 4 };
static const double HEAD_EFFORT = 0x1p24;
static const double LP_EFFORT = 20000.0; /* multiply-adds in the time of one */

/* What a worker found out about its node; first_side is that of the child to
 * search first. */
struct outcome {
    size_t search;
    bool is_closed;
    bool is_stuck;
    bool has_next; /* a root with more effort is worth a try */
    double effort;
    double worst;
    struct split split;
    struct node *child[2];
    size_t first_side;
};

struct worker {
    struct prover *prover;
    struct outcome outcome;
    double *y;
    double *centre;
    uint64_t n_open_nodes;
    bool has_split;
    struct split split;
};

struct bab {
    const struct bab_problem *problem;
    struct frontier frontier;
    struct node_bounds *root_bounds;
    uint64_t root_refresh; /* of the record, from the root's intervals */
    double *lower; /* the box, rounded to the grid of a recorded proof */
    double *upper;
    struct worker *workers;
    size_t head_left; /* nodes the single-threaded head may still take */
    bool is_head;
    uint64_t n_closed;
    double last_report_s;
    atomic_bool has_witness;
    atomic_int stop; /* enum status of the budget */
};

/* By the bounds of the root. In networks of ReLUs alone constants stay in rows:
 * checkers round them in words as all else. */
static void set_scale(const struct bab *bab, struct backward *backward)
{
    const struct bounds *bounds = &bab->root_bounds->bounds;
    backward_set_scale(backward, bounds);
    if (bab->problem->weights->layers->n_curved > 0) {
        backward_set_still(backward, bounds);
    }
}

static struct worker *worker_of(struct bab *bab, size_t w)
{
    struct worker *worker = &bab->workers[w];
    if (worker->prover == NULL) {
        const struct bab_problem *problem = bab->problem;
        if (problem->provers[w] == NULL) {
            problem->provers[w] = prover_create(problem->weights);
            if (problem->sink != NULL) {
                backward_charge_words(problem->provers[w]->backward);
            }
        }
        worker->prover = problem->provers[w];
        worker->prover->budget = problem->budget;
        worker->prover->record.is_on = problem->sink != NULL;
        prover_set_case(worker->prover,
                        &problem->query->cases[problem->case_index]);
        set_scale(bab, worker->prover->backward);
        NEW_ARRAY(worker->y, problem->weights->layers->n_outputs);
        NEW_ARRAY(worker->centre, problem->weights->layers->n_inputs);
    }
    return worker;
}

static void *take(void *context, size_t w)
{
    struct bab *bab = context;
    struct worker *worker = worker_of(bab, w);
    if (bab->head_left == 0) {
        return NULL;
    }
    struct node *node = frontier_pop(&bab->frontier, &worker->outcome.search);
    bab->head_left -= node != NULL ? 1 : 0;
    return node;
}

/* Evaluates the point x and has it confirmed if it looks unsafe. */
static bool try_point(struct bab *bab, size_t w, const double *x)
{
    const struct bab_problem *problem = bab->problem;
    struct worker *worker = &bab->workers[w];
    const struct prover *p = worker->prover;
    if (p->is_dual_ready) {
        dual_eval(p->dual, worker->y, x);
    } else {
        layers_eval(worker->y, p->layers, x);
    }
    return spec_holds(&p->spec, x, worker->y) &&
           problem->oracle->try_point(problem->oracle->context, w,
                                      problem->case_index, x);
}

static double effort_of(const struct prover *p)
{
    return (double)backward_madds(p->backward) + dual_madds(p->dual) +
           LP_EFFORT * (double)p->stats.lps;
}

/* Looks for a witness in the open region of the worker: the point of the
 * failed proof, from time to time the centre, and what the owner tries. */
static bool find_witness(struct bab *bab, size_t w)
{
    const struct bab_problem *problem = bab->problem;
    const struct solver_oracle *oracle = problem->oracle;
    struct worker *worker = &bab->workers[w];
    struct prover *p = worker->prover;
    if (try_point(bab, w, p->point)) {
        return true;
    }
    worker->n_open_nodes++;
    if (worker->n_open_nodes % CENTRE_PERIOD == 0) {
        for (size_t j = 0; j < p->layers->n_inputs; j++) {
            worker->centre[j] = 0.5 * p->lower[j] + 0.5 * p->upper[j];
        }
        if (try_point(bab, w, worker->centre)) {
            return true;
        }
    }
    return oracle->try_region != NULL &&
           oracle->try_region(oracle->context, w, problem->case_index, p->lower,
                              p->upper, effort_of(p));
}

/* The side of a split with the point of the failed proof, where its bound is
 * least: a witness is more likely there. */
static size_t first_side(const struct prover *p, const struct split *split)
{
    const double v = split->kind == SPLIT_INPUT
                         ? p->point[split->index]
                         : layers_eval_element(p->layers, p->point,
                                               split->layer, split->index);
    return v >= split->threshold ? 1 : 0;
}

/* The margin of the children of a node: that of the search, which the root
 * says. Where a node stays open by its margin alone, its children have the
 * least one: no split may ever lead to more where the property has no more. */
static double margin_of_children(const struct node *node, double worst)
{
    if (worst > RECORD_MARGIN) {
        return RECORD_MARGIN;
    }
    return node->depth == 0 ? record_margin(-worst) : node->margin;
}

/* Makes both children of a node, by a split chosen before or else by the
 * search's rule; false if it cannot be split. */
static bool split_node(const struct bab *bab, struct worker *worker,
                       const struct node *node, const struct split *chosen)
{
    struct prover *p = worker->prover;
    struct outcome *outcome = &worker->outcome;
    struct split split;
    const enum branch_rule rule = bab->frontier.search[outcome->search].rule;
    if (chosen != NULL) {
        split = *chosen;
    } else if (!branch_choose(&split, rule, p) &&
               !branch_choose(&split, BRANCH_INPUT, p)) {
        return false;
    }
    struct node_bounds *bounds = node_bounds_create(p->layers, &p->bounds);
    bounds->dual = chosen == NULL ? NULL : prover_dual_take(p);
    const struct node_rest rest = {
        .lower = p->lower,
        .upper = p->upper,
        .open = p->open,
        .n_open = p->n_open,
        .bounds = bounds,
    };
    if (chosen == NULL) {
        node_bounds_keep_weights(bounds, p->spec.weight, p->spec.n_rows);
    }
    if (split.kind == SPLIT_INPUT) {
        node_bounds_keep_rows(bounds, p->row, p->constant, p->spec.n_rows,
                              p->layers->n_inputs);
        bounds->plan = prover_plan_children(p, node, &split);
    }
    for (size_t side = 0; side < 2; side++) {
        split.is_upper = side == 1;
        outcome->child[side] = node_create_child(node, &rest, &split);
        outcome->child[side]->margin = margin_of_children(node, outcome->worst);
    }
    node_bounds_release(bounds);
    outcome->split = split;
    outcome->first_side = chosen == NULL ? first_side(p, &split) : 1;
    if (split.kind == SPLIT_INPUT) {
        p->stats.splits_input++;
    } else {
        p->stats.splits_neuron++;
    }
    return true;
}

/* Tries the dual bound; false if it neither closes the node nor finds a
 * neuron to split. */
static bool prove_dual(const struct bab *bab, struct worker *worker,
                       const struct node *node)
{
    struct prover *p = worker->prover;
    struct outcome *outcome = &worker->outcome;
    if (!p->is_dual_ready) {
        prover_dual_set_root(p, &bab->root_bounds->bounds);
    }
    outcome->is_closed = prover_dual_close(p, node);
    worker->has_split =
        !outcome->is_closed && prover_dual_branch(&worker->split, p);
    if (!outcome->is_closed && !worker->has_split) {
        outcome->is_closed = prover_dual_insist(p, node);
        worker->has_split =
            !outcome->is_closed &&
            (prover_dual_branch(&worker->split, p) ||
             (p->record.is_on && prover_dual_branch_any(&worker->split, p)));
    }
    return outcome->is_closed || worker->has_split;
}

static void work(void *context, size_t w, void *item)
{
    struct bab *bab = context;
    struct worker *worker = &bab->workers[w];
    struct prover *p = worker->prover;
    struct outcome *outcome = &worker->outcome;
    const struct node *node = item;
    const double effort = effort_of(p);
    *outcome = (struct outcome){.search = outcome->search};
    const enum status status = budget_check(bab->problem->budget);
    if (status != STATUS_OK) {
        atomic_store(&bab->stop, (int)status);
        return;
    }
    p->record.margin = node->margin;
    p->trial = outcome->search > 0 ? outcome->search - 1 : 0;
    prover_load(p, node);
    worker->has_split = false;
    const bool is_dual =
        outcome->search > 0 && p->lp == NULL && p->layers->n_curved == 0;
    if (!is_dual || (!prove_dual(bab, worker, node) && !p->record.is_on)) {
        outcome->is_closed = prover_screen(p, node);
        worker->has_split =
            !outcome->is_closed && prover_plan_split(&worker->split, p, node);
        outcome->is_closed =
            outcome->is_closed ||
            (!worker->has_split &&
             (!prover_bound_neurons(p, node) || prover_close(p)));
    }
    if (node->depth == 0) {
        p->record.refresh |= bab->root_refresh;
    }
    outcome->has_next = worker->has_split && node->depth == 0 &&
                        outcome->search + 1 < FRONTIER_SEARCHES;
    if (!outcome->is_closed) {
        outcome->worst = p->worst;
        if (find_witness(bab, w)) {
            atomic_store(&bab->has_witness, true);
        } else {
            const bool can_split =
                worker->has_split || !is_dual || !p->record.is_on;
            outcome->is_stuck =
                !can_split ||
                !split_node(bab, worker, node,
                            worker->has_split ? &worker->split : NULL);
        }
    }
    if (outcome->search == 0) {
        p->stats.boxes++;
    } else {
        p->stats.stars++;
    }
    outcome->effort = effort_of(p) - effort;
}

static void report(struct bab *bab, double worst)
{
    const struct solver_options *options = bab->problem->options;
    const double now_s = budget_now_s();
    if (options->on_progress == NULL || now_s - bab->last_report_s < 0.5) {
        return;
    }
    bab->last_report_s = now_s;
    const struct solver_progress progress = {
        .open_nodes = frontier_n_open(&bab->frontier),
        .closed_nodes = bab->n_closed,
        .proved_share = frontier_measure(&bab->frontier),
        .best_bound = worst,
    };
    options->on_progress(options->progress_context, &progress);
}

static void record_outcome(struct bab *bab, size_t w, const struct node *node)
{
    struct outcome *outcome = &bab->workers[w].outcome;
    if (bab->problem->sink == NULL) {
        return;
    }
    if (outcome->is_closed) {
        record_tree_close(bab->problem->sink, bab->workers[w].prover, node);
    } else if (outcome->child[0] != NULL) {
        record_tree_split(bab->problem->sink, bab->workers[w].prover, node,
                          &outcome->split, outcome->child);
    }
}

/* The root of a search. */
static struct node *create_root(const struct bab *bab)
{
    const struct bab_problem *problem = bab->problem;
    struct node *root = node_create_root(
        bab->lower, bab->upper, problem->weights->layers->n_inputs,
        problem->query->cases[problem->case_index].n_disjuncts,
        bab->root_bounds);
    root->margin = RECORD_MARGIN;
    root->record = sink_root(problem->sink);
    return root;
}

static bool give(void *context, size_t w, void *item)
{
    struct bab *bab = context;
    struct node *node = item;
    const struct outcome *outcome = &bab->workers[w].outcome;
    struct search *search = &bab->frontier.search[outcome->search];
    search->n_busy--;
    search->n_done++;
    if (node->depth == 0) {
        search->root_effort = outcome->effort;
    } else {
        search->effort += outcome->effort;
    }
    if (bab->is_head && search->root_effort + search->effort > HEAD_EFFORT) {
        bab->head_left = 0;
    }
    if (atomic_load(&bab->stop) != (int)STATUS_OK) {
        node_destroy(outcome->child[0]);
        node_destroy(outcome->child[1]);
        frontier_push(&bab->frontier, outcome->search, node);
        return true;
    }
    record_outcome(bab, w, node);
    if (outcome->has_next) {
        frontier_open(&bab->frontier, outcome->search + 1, create_root(bab));
    }
    if (outcome->is_closed) {
        search->measure += ldexp(1.0, -(int)node->depth);
        bab->n_closed++;
    }
    search->n_stuck += outcome->is_stuck ? 1 : 0;
    for (size_t i = 0; i < 2; i++) {
        struct node *child =
            outcome
                ->child[i == 0 ? 1 - outcome->first_side : outcome->first_side];
        if (child != NULL) {
            frontier_push(&bab->frontier, outcome->search, child);
        }
    }
    node_destroy(node);
    report(bab, outcome->worst);
    return atomic_load(&bab->has_witness) || frontier_is_closed(&bab->frontier);
}

/* Sets the box; false if it is beyond the grid of a recorded proof. */
static bool set_box(struct bab *bab)
{
    const struct bab_problem *problem = bab->problem;
    const struct query_case *c = &problem->query->cases[problem->case_index];
    const size_t n = problem->weights->layers->n_inputs;
    bool is_exact = true;
    NEW_ARRAY(bab->lower, n);
    NEW_ARRAY(bab->upper, n);
    for (size_t j = 0; j < n; j++) {
        bab->lower[j] = c->lower_down[j];
        bab->upper[j] = c->upper_up[j];
        if (problem->sink != NULL) {
            is_exact =
                is_exact && record_is_exact(c->lower_down[j], c->upper_up[j]);
            bab->lower[j] = record_grid_down(c->lower_down[j]);
            bab->upper[j] = record_grid_up(c->upper_up[j]);
        }
    }
    return is_exact;
}

/* Takes over bounds that are sharper: some may have been forgotten. */
static void meet(struct bounds *bounds, const struct bounds *other)
{
    const size_t n = bounds->n_total;
    for (size_t i = 0; i < n; i++) {
        bounds->block[i] = interval_raise(bounds->block[i], other->block[i]);
        bounds->block[n + i] =
            interval_reduce(bounds->block[n + i], other->block[n + i]);
    }
}

/* Bounds of the whole box by intervals, then once by all means: the scale
 * of the rounding errors, and where every node starts. */
static bool bound_root(struct bab *bab)
{
    const struct bab_problem *problem = bab->problem;
    const struct layers *layers = problem->weights->layers;
    const struct query_case *c = &problem->query->cases[problem->case_index];
    struct bounds bounds;
    bounds_init(&bounds, layers);
    const struct region region = {.lower = bab->lower, .upper = bab->upper};
    const enum domain_answer answer = box_domain_ops.propagate(
        problem->box, &bounds, &region, problem->budget);
    bool is_possible = answer != DOMAIN_EMPTY;
    bab->root_bounds = node_bounds_create(layers, &bounds);
    struct prover *p = worker_of(bab, bab->problem->worker)->prover;
    if (is_possible && answer == DOMAIN_DONE) {
        struct node *root =
            node_create_root(bab->lower, bab->upper, layers->n_inputs,
                             c->n_disjuncts, bab->root_bounds);
        prover_load(p, root);
        is_possible = prover_bound_neurons(p, root);
        node_destroy(root);
        bab->root_refresh = p->record.refresh;
        meet(&bab->root_bounds->bounds, &p->bounds);
        p->has_root = is_possible && layers->n_curved == 0;
        set_scale(bab, p->backward);
    }
    bounds_clear(&bounds);
    return is_possible;
}

/* Which searches can decide this case. */
static void choose_searches(struct bab *bab)
{
    const struct bab_problem *problem = bab->problem;
    const enum solver_engine engine = problem->options->engine;
    const bool is_small =
        worker_of(bab, bab->problem->worker)->prover->n_varying <=
        PROVER_SCORE_INPUTS;
    /* Both searches of a pair of networks split inputs wherever that is
     * best. */
    const bool is_enough = engine == SOLVER_AUTO && is_small &&
                           problem->weights->layers->n_pairs > 0;
    frontier_init(&bab->frontier,
                  engine == SOLVER_INPUT || (engine == SOLVER_AUTO && is_small),
                  engine != SOLVER_INPUT && !is_enough);
    for (size_t s = 0; s < FRONTIER_SEARCHES; s++) {
        if (bab->frontier.search[s].is_used) {
            frontier_push(&bab->frontier, s, create_root(bab));
        }
    }
}

static const char *stop_reason(const struct bab *bab)
{
    switch ((enum status)atomic_load(&bab->stop)) {
    case STATUS_TIMED_OUT:
        return "the time limit is reached";
    case STATUS_INTERRUPTED:
        return "interrupted";
    case STATUS_LIMIT:
        return "the memory limit is reached";
    case STATUS_OK:
    case STATUS_USAGE:
    case STATUS_BAD_INPUT:
    case STATUS_UNSUPPORTED:
    case STATUS_IO:
        break;
    }
    return "a region could be neither closed nor split at double resolution";
}

static void finish(struct bab *bab, struct stats *stats)
{
    for (size_t w = 0; w < bab->problem->options->threads; w++) {
        alloc_free(bab->workers[w].y);
        alloc_free(bab->workers[w].centre);
    }
    stats->closed += bab->n_closed;
    alloc_free(bab->workers);
    alloc_free(bab->lower);
    alloc_free(bab->upper);
    frontier_clear(&bab->frontier);
    node_bounds_release(bab->root_bounds);
}

/* Records that refreshing the whole box finds it empty. */
static void record_empty_root(struct bab *bab)
{
    struct sink *sink = bab->problem->sink;
    const struct sink_step step = {
        .refresh = bab->workers[bab->problem->worker].prover->record.refresh};
    sink_close(sink, sink_root(sink), &step);
}

/* Goes on with all threads that there are, or that have nothing else to do. */
static void search_together(struct bab *bab, const struct workers_job *job)
{
    const struct bab_problem *problem = bab->problem;
    bab->is_head = false;
    bab->head_left = SIZE_MAX;
    if (problem->crew != NULL) {
        crew_run_job(problem->crew, job, problem->worker);
    } else {
        workers_run(job, problem->options->threads);
    }
}

enum solver_answer bab_run(const struct bab_problem *problem,
                           struct stats *stats, const char **reason)
{
    struct bab bab = {
        .problem = problem, .head_left = HEAD_NODES, .is_head = true};
    const struct workers_job job = {&bab, take, work, give};
    enum solver_answer answer = SOLVER_OPEN;
    atomic_init(&bab.has_witness, false);
    atomic_init(&bab.stop, (int)STATUS_OK);
    NEW_ARRAY(bab.workers, problem->options->threads);
    if (!set_box(&bab)) {
        *reason = "the box is too large for a certificate";
        finish(&bab, stats);
        return SOLVER_OPEN;
    }
    if (!bound_root(&bab)) {
        answer = SOLVER_CLOSED;
        record_empty_root(&bab);
    } else {
        choose_searches(&bab);
        workers_run_alone(&job, problem->worker);
        const bool is_over = atomic_load(&bab.has_witness) ||
                             atomic_load(&bab.stop) != (int)STATUS_OK ||
                             frontier_is_closed(&bab.frontier);
        if (!is_over) {
            search_together(&bab, &job);
        }
        if (atomic_load(&bab.has_witness)) {
            answer = SOLVER_WITNESS;
        } else if (frontier_is_closed(&bab.frontier)) {
            answer = SOLVER_CLOSED;
        }
    }
    *reason = answer == SOLVER_OPEN ? stop_reason(&bab) : "";
    finish(&bab, stats);
    return answer;
}
