/* query -> attack -> solver -> verdict, case by case. */
#include "src/verify/verify.h"

#include "src/attack/attack.h"
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/base/require.h"
#include "src/query/pairing.h"
#include "src/verify/verify_cells.h"
#include "src/verify/witness_text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* Above MANY_CASES the first attack on a case is its centre alone.
 * REGION_EFFORT is for the solver's sub-boxes. */
enum { MANY_CASES = 256 };
static const struct attack_effort REGION_EFFORT = {1, 12};
/* Before the search: most witnesses are that easy, and most proofs shorter
 * than a thorough attack. */
static const struct attack_effort FIRST_EFFORT = {16, 20};
/* Between the nodes of the search: the whole case with ever more starts, for
 * this share of the search's own work, and one region in REGION_PERIOD. With
 * many inputs, where proofs are long and descents find most witnesses, the
 * first KEEN_POINTS get a larger share and descents are longer: their last
 * steps have to be small for conjunctions. */
enum {
    REGION_PERIOD = 32,
    MOST_AGAIN = 256,
    KEEN_INPUTS = 64,
    KEEN_POINTS = 1 << 13,
    KEEN_STEPS = 120
};
static const struct attack_effort WHOLE_EFFORT = {32, 40};
static const double WHOLE_SHARE = 0.125;
static const double KEEN_SHARE = 1.0;
static const double MANY_SHARE = 0x1p-6; /* with more than MANY_CASES */
/* Networks with neurons other than ReLUs whose first bounds need about this
 * many multiply-adds or more are attacked first, for a share of the time, that
 * of so many seconds without a limit: a large one where neurons have steps, as
 * bounds seldom decide such networks. */
static const double LONG_BOUNDS = 1e11;
static const double LONG_SHARE = 0.1;
static const double STEP_SHARE = 0.5;
static const double LONG_SECONDS = 120.0;

/* What one worker owns: its attack, made when it first needs it, the case that
 * it took up last, and the witness it found, with its case. */
struct worker {
    struct attack *attack;
    size_t own_case;
    size_t n_requests; /* open regions of the search */
    size_t n_starts;   /* of its next attack on a whole case */
    bool is_found;
    size_t case_found;
    struct witness witness;
};

/*
 * One run. While cases are searched, its counters and result are those of
 * begin_case and end_case.
 *   bounded    the query of the search: that of two networks that are near has
 *              layers of its own
 *   point_work multiply-adds of one point of an attack
 *   workers    [threads] each touches only its own entry, so no lock is
 *              needed
 *   n_closed   cases closed so far
 *   n_open     cases given up
 *   is_ended   no more cases are wanted
 *   has_witness  a worker has one
 */
struct run {
    const struct query *query;
    const struct verify_options *options;
    struct verify_result *result;
    struct query bounded;
    double point_work;
    struct worker *workers;
    struct solver *solver;
    size_t n_closed;
    size_t n_open;
    bool is_ended;
    bool has_witness;
};

static bool has_many_inputs(const struct run *run)
{
    return run->query->layers->n_inputs > KEEN_INPUTS;
}

static bool has_many_cases(const struct run *run)
{
    return run->query->n_cases > MANY_CASES;
}

static struct worker *worker_at(struct run *run, size_t number)
{
    REQUIRE(number < run->options->threads);
    struct worker *worker = &run->workers[number];
    if (worker->attack == NULL) {
        worker->attack = attack_create(run->query, run->options->seed + number);
        worker->n_starts = has_many_cases(run) ? 1 : WHOLE_EFFORT.n_restarts;
    }
    return worker;
}

static bool attack_box(struct run *run, struct worker *worker,
                       size_t case_index, const double *lower,
                       const double *upper, struct attack_effort effort)
{
    worker->is_found = attack_run(worker->attack, &worker->witness, case_index,
                                  lower, upper, effort, &run->options->budget);
    worker->case_found = case_index;
    return worker->is_found;
}

/* Attacks the whole box of a case; all cases together get about the effort
 * meant for one. */
static bool attack_case(struct run *run, struct worker *worker,
                        size_t case_index, struct attack_effort effort)
{
    const struct query_case *one = &run->query->cases[case_index];
    const size_t n_cases = run->query->n_cases;
    effort.n_restarts = 1 + effort.n_restarts / n_cases;
    effort.n_steps = 1 + effort.n_steps / (1 + n_cases / 8);
    return attack_box(run, worker, case_index, one->lower_down, one->upper_up,
                      effort);
}

/* True if the attacks have had less than their share of the worker's work. */
static bool is_attack_due(const struct run *run, const struct worker *worker,
                          double effort)
{
    const uint64_t n_points = attack_points(worker->attack);
    const bool is_keen =
        has_many_inputs(run) && !has_many_cases(run) && n_points < KEEN_POINTS;
    const double share = has_many_cases(run) ? MANY_SHARE : WHOLE_SHARE;
    return (double)n_points * run->point_work <
           (is_keen ? KEEN_SHARE : share) * effort;
}

/* Attacks the whole case when that is due, from the worker that took it up,
 * with twice as many starts each time, and, by at most MOST_AGAIN short
 * descents, whenever the number of regions has doubled; else every
 * REGION_PERIOD-th region. */
static bool try_region(void *context, size_t number, size_t case_index,
                       const double *lower, const double *upper, double effort)
{
    struct run *run = context;
    struct worker *worker = worker_at(run, number);
    if (worker->is_found) {
        return true;
    }
    const size_t n = ++worker->n_requests;
    const bool is_own = worker->own_case == case_index;
    if (is_own && n >= REGION_PERIOD && (n & (n - 1)) == 0) {
        struct attack_effort again = FIRST_EFFORT;
        again.n_restarts *= n / REGION_PERIOD;
        if (again.n_restarts > MOST_AGAIN) {
            again.n_restarts = MOST_AGAIN;
        }
        return attack_case(run, worker, case_index, again);
    }
    if (is_own && is_attack_due(run, worker, effort)) {
        const struct query_case *one = &run->query->cases[case_index];
        const struct attack_effort whole = {
            worker->n_starts,
            has_many_inputs(run) ? KEEN_STEPS : WHOLE_EFFORT.n_steps};
        worker->n_starts *= has_many_cases(run) ? 1 : 2;
        return attack_box(run, worker, case_index, one->lower_down,
                          one->upper_up, whole);
    }
    return n % REGION_PERIOD == 0 &&
           attack_box(run, worker, case_index, lower, upper, REGION_EFFORT);
}

static bool try_point(void *context, size_t number, size_t case_index,
                      const double *x)
{
    struct run *run = context;
    struct worker *worker = worker_at(run, number);
    if (!worker->is_found) {
        worker->is_found =
            attack_try_point(worker->attack, &worker->witness, case_index, x);
        worker->case_found = case_index;
    }
    return worker->is_found;
}

static void forward_progress(void *context,
                             const struct solver_progress *progress)
{
    const struct run *run = context;
    const double n_cases = (double)run->query->n_cases;
    struct solver_progress all = *progress;
    all.proved_share =
        ((double)run->n_closed + progress->proved_share) / n_cases;
    run->options->on_progress(run->options->progress_context, &all);
}

/* Ends the run without a decision; the first reason stays. */
static void stop(struct run *run, enum verdict verdict, const char *reason)
{
    run->result->verdict = verdict;
    if (run->result->reason[0] == '\0') {
        (void)snprintf(run->result->reason, sizeof run->result->reason, "%s",
                       reason);
    }
}

/* True if the budget is over; the verdict then says how. */
static bool is_over(struct run *run)
{
    const enum status status = budget_check(&run->options->budget);
    if (status == STATUS_OK) {
        return false;
    }
    run->result->reason[0] = '\0';
    if (status == STATUS_TIMED_OUT) {
        stop(run, VERDICT_TIMED_OUT, "the time is over");
    } else if (status == STATUS_INTERRUPTED) {
        stop(run, VERDICT_UNKNOWN, "interrupted");
    } else {
        stop(run, VERDICT_UNKNOWN, "the memory limit is reached");
    }
    return true;
}

/* Notes that a case stays undecided. */
static void leave_open(struct run *run, size_t case_index, const char *reason)
{
    run->n_open++;
    if (run->result->reason[0] == '\0') {
        (void)snprintf(run->result->reason, sizeof run->result->reason,
                       "case %zu of %zu: %s", case_index + 1,
                       run->query->n_cases, reason);
    }
}

/* Says where the printed witness is not the exact one. */
static void note_projection(const struct run *run,
                            const struct witness *witness)
{
    if (witness->projection.n_moved > 0) {
        log_line(LOG_NOTE,
                 "%zu of %zu inputs have no %s value within their bounds: the "
                 "printed witness has the nearest one, at most %.3g from the "
                 "box; its projection onto the box is the exact witness",
                 witness->projection.n_moved, run->query->layers->n_inputs,
                 run->query->layers->is_input_float32 ? "float32" : "float64",
                 witness->projection.farthest);
    }
}

/* Prints and re-checks the witness; sat only if it stands. */
static void accept(struct run *run, size_t case_index,
                   const struct witness *witness)
{
    struct verify_result *result = run->result;
    struct error error = {0};
    char *text = NULL;
    enum status status = witness_text_print(&text, run->query, witness, &error);
    if (status == STATUS_OK) {
        status =
            witness_text_check(text, run->query, case_index, witness, &error);
    }
    result->reason[0] = '\0';
    if (status != STATUS_OK) {
        (void)snprintf(result->reason, sizeof result->reason,
                       "the witness failed its re-check: %.200s",
                       error.message);
        result->verdict = VERDICT_UNKNOWN;
        alloc_free(text);
        return;
    }
    note_projection(run, witness);
    result->stats.witness_moved = witness->projection.n_moved;
    result->verdict = VERDICT_SAT;
    result->witness_text = text;
    proof_keep_witness(run->options->proof, witness->x);
}

static bool attack_centre(struct run *run, size_t case_index, double *centre)
{
    const struct query_case *one = &run->query->cases[case_index];
    for (size_t i = 0; i < run->query->layers->n_inputs; i++) {
        centre[i] = 0.5 * one->lower_down[i] + 0.5 * one->upper_up[i];
    }
    return try_point(run, 0, case_index, centre);
}

/* First pass; true if the run is decided. */
static bool attack_all(struct run *run)
{
    const size_t n_cases = run->query->n_cases;
    double *centre = NULL;
    bool is_decided = false;
    NEW_ARRAY(centre, run->query->layers->n_inputs);
    for (size_t i = 0; i < n_cases && !is_decided; i++) {
        if (!run->query->cases[i].is_bounded) {
            continue;
        }
        const bool is_found =
            has_many_cases(run)
                ? attack_centre(run, i, centre)
                : attack_case(run, worker_at(run, 0), i, FIRST_EFFORT);
        if (is_found) {
            accept(run, i, &run->workers[0].witness);
        }
        is_decided = is_found || is_over(run);
    }
    alloc_free(centre);
    return is_decided;
}

/* The neurons times the work of bounding one. */
static bool has_long_bounds(const struct run *run)
{
    const struct layers *layers = run->query->layers;
    return layers->n_curved > 0 &&
           (double)(layers->n_relus + layers->n_curved) * run->point_work >=
               LONG_BOUNDS;
}

static bool has_steps(const struct layers *layers)
{
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        if (layer->kind == LAYER_ACTIVATION &&
            (layer->activation == ACTIVATION_SIGN ||
             layer->activation == ACTIVATION_FLOOR)) {
            return true;
        }
    }
    return false;
}

/* Attacks all cases in turn with ever more starts; true if the run is
 * decided. */
static bool attack_longer(struct run *run)
{
    enum { MOST_STARTS = 1024 };
    const double now = budget_now_s();
    const double rest = run->options->budget.deadline_s - now;
    const double share =
        has_steps(run->query->layers) ? STEP_SHARE : LONG_SHARE;
    const double end = now + share * (isfinite(rest) ? rest : LONG_SECONDS);
    struct attack_effort effort = WHOLE_EFFORT;
    bool has_case = true;
    while (budget_now_s() < end && has_case) {
        has_case = false;
        for (size_t i = 0; i < run->query->n_cases; i++) {
            if (!run->query->cases[i].is_bounded) {
                continue;
            }
            has_case = true;
            if (attack_case(run, worker_at(run, 0), i, effort)) {
                accept(run, i, &run->workers[0].witness);
                return true;
            }
            if (is_over(run)) {
                return true;
            }
        }
        if (effort.n_restarts < MOST_STARTS) {
            effort.n_restarts *= 2;
        }
    }
    return false;
}

/* Accepts the first witness of those that the workers have, who are done. */
static void accept_found(struct run *run)
{
    for (size_t i = 0; i < run->options->threads; i++) {
        const struct worker *worker = &run->workers[i];
        if (worker->is_found) {
            accept(run, worker->case_found, &worker->witness);
            return;
        }
    }
    stop(run, VERDICT_UNKNOWN, "the search lost its witness");
}

static struct sink *begin_case(void *context, size_t case_index, size_t number)
{
    struct run *run = context;
    run->workers[number].own_case = case_index;
    return proof_begin_case(run->options->proof);
}

/* Counts a case; true if the run is decided. */
static bool end_case(void *context, size_t case_index, struct sink *sink,
                     enum solver_answer answer, const char *reason)
{
    struct run *run = context;
    proof_end_case(run->options->proof, case_index, sink,
                   answer == SOLVER_CLOSED);
    if (answer == SOLVER_CLOSED) {
        run->n_closed++;
    } else if (answer == SOLVER_WITNESS) {
        run->has_witness = true;
        run->is_ended = true;
    } else if (!run->is_ended) {
        run->is_ended = is_over(run);
        if (!run->is_ended) {
            leave_open(run, case_index, reason);
        }
    }
    return run->is_ended;
}

/* Second pass. */
static void solve_all(struct run *run)
{
    const struct verify_options *options = run->options;
    const struct solver_oracle oracle = {
        .context = run,
        .try_region = options->attack ? try_region : NULL,
        .try_point = try_point};
    const struct solver_cases cases = {run, begin_case, end_case};
    solver_run_all(run->solver, &oracle, &options->budget, &cases);
    if (run->has_witness) {
        accept_found(run);
    } else if (!run->is_ended && run->n_open == 0) {
        REQUIRE(run->n_closed == run->query->n_cases);
        run->result->verdict = VERDICT_UNSAT;
    }
}

static void decide(struct run *run)
{
    if (run->query->n_cases == 0) {
        log_line(LOG_WARNING, "no case to decide: the property is empty");
    }
    if (is_over(run) || (run->options->attack && attack_all(run))) {
        return;
    }
    if (run->options->attack && has_long_bounds(run) && attack_longer(run)) {
        return;
    }
    solve_all(run);
}

/* Counts what the worker's attack did and releases both. */
static void worker_clear(struct worker *worker, struct stats *stats)
{
    if (worker->attack != NULL) {
        stats->attack_points += attack_points(worker->attack);
        stats->witness_near += attack_near_misses(worker->attack);
        attack_destroy(worker->attack);
    }
    if (worker->is_found) {
        witness_clear(&worker->witness);
    }
}

/* Where two networks are near, bounds are found for differences. */
static void choose_layers(struct run *run)
{
    if (!pairing_init(&run->bounded, run->query, true) ||
        !pairing_is_near(&run->bounded) ||
        !proof_use_pairs(run->options->proof, &run->bounded)) {
        pairing_clear(&run->bounded, run->query);
    }
}

void verify_query(struct verify_result *result, const struct query *query,
                  const struct verify_options *options)
{
    assert(options->threads >= 1);
    struct run run = {.query = query, .options = options, .result = result};
    if (net_n_indices(query->net) > 0) {
        verify_cells(result, query, options);
        return;
    }
    *result = (struct verify_result){.verdict = VERDICT_UNKNOWN};
    run.point_work = attack_point_work(query);
    NEW_ARRAY(run.workers, options->threads);
    for (size_t i = 0; i < options->threads; i++) {
        run.workers[i].own_case = SIZE_MAX;
    }
    const struct solver_options how = {
        .threads = options->threads,
        .seed = options->seed,
        .engine = options->engine,
        .on_progress = options->on_progress == NULL ? NULL : forward_progress,
        .progress_context = &run};
    choose_layers(&run);
    run.solver = solver_create(&run.bounded, &how);

    decide(&run);

    solver_destroy(run.solver, &result->stats);
    for (size_t i = 0; i < options->threads; i++) {
        worker_clear(&run.workers[i], &result->stats);
    }
    alloc_free(run.workers);
    pairing_clear(&run.bounded, query);
}

void verify_result_clear(struct verify_result *result)
{
    if (result != NULL) {
        alloc_free(result->witness_text);
        *result = (struct verify_result){0};
    }
}
