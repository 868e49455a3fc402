/* Case by case, cell by cell: an ordinary query for each different network. */
#include "src/verify/verify_cells.h"

#include "src/base/alloc.h"
#include "src/net/enclose.h"
#include "src/net/exact.h"
#include "src/num/rational.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cells of a case that are enumerated. */
enum { MOST_CELLS = 1 << 20 };

/*
 * A cell of a case whose network no earlier one has, or where values of the
 * indices count beside that.
 *   cell      [n_indices]
 *   is_whole  all cells with this network are decided by this part
 *   is_done   in the first pass
 */
struct part {
    size_t case_index;
    int64_t *cell;
    unsigned char digest[SHA256_BYTES];
    bool is_whole;
    bool is_done;
};

/*
 *   lowest, highest  [n_indices] of the case at hand
 *   n_open           cases, cells and parts that were given up
 */
struct cells_run {
    const struct query *query;
    const struct verify_options *options;
    struct verify_result *result;
    size_t n_indices;
    int64_t *lowest;
    int64_t *highest;
    VEC(struct part) parts;
    size_t n_open;
};

/* The query over the part of a case in one cell. */
struct part_query {
    const struct net *of; /* with the indices */
    struct query query;
    struct query_case one;
    bool is_free;  /* neither network nor atoms read indices */
    bool is_point; /* what they read has one value in the box */
};

static void stop(struct cells_run *run, enum verdict verdict,
                 const char *reason)
{
    run->result->verdict = verdict;
    (void)snprintf(run->result->reason, sizeof run->result->reason, "%.*s",
                   VERIFY_REASON_BYTES - 1, reason);
}

static bool is_over(struct cells_run *run)
{
    const enum status status = budget_check(&run->options->budget);
    if (status == STATUS_TIMED_OUT) {
        stop(run, VERDICT_TIMED_OUT, "the time is over");
    } else if (status == STATUS_INTERRUPTED) {
        stop(run, VERDICT_UNKNOWN, "interrupted");
    } else if (status != STATUS_OK) {
        stop(run, VERDICT_UNKNOWN, "the memory limit is reached");
    }
    return status != STATUS_OK;
}

/* An end rounded towards zero; false if it is no integer below 2^53. */
static bool get_whole(int64_t *whole, const mpq_t end, double outward)
{
    mpz_t quotient;
    if (!(fabs(outward) < 0x1p53)) {
        return false;
    }
    mpz_init(quotient);
    mpz_tdiv_q(quotient, mpq_numref(end), mpq_denref(end));
    *whole = mpz_get_si(quotient);
    mpz_clear(quotient);
    return true;
}

/* Finds the first and last cell of each index in the box of a case; false if
 * they are too many. */
static bool find_ranges(struct cells_run *run, const struct query_case *one)
{
    double n = 1.0;
    for (size_t k = 0; k < run->n_indices; k++) {
        const size_t i = net_index(run->query->net, k);
        if (!get_whole(&run->lowest[k], one->lower[i], one->lower_down[i]) ||
            !get_whole(&run->highest[k], one->upper[i], one->upper_up[i])) {
            return false;
        }
        n *= (double)(run->highest[k] - run->lowest[k]) + 1.0;
    }
    return n <= (double)MOST_CELLS;
}

/* Goes to the next cell, the last index fastest; false after the last one. */
static bool next_cell(int64_t *cell, const struct cells_run *run)
{
    for (size_t k = run->n_indices; k-- > 0;) {
        if (cell[k] < run->highest[k]) {
            cell[k]++;
            return true;
        }
        cell[k] = run->lowest[k];
    }
    return false;
}

/* Makes an end of the interval one of the cell if that is narrower. */
static void narrow(struct query_case *one, size_t i, int64_t end, bool is_upper,
                   bool is_strict)
{
    mpq_t value;
    mpq_init(value);
    mpq_set_si(value, (long)end, 1);
    if (is_upper && mpq_cmp(value, one->upper[i]) <= 0) {
        one->is_upper_strict[i] =
            is_strict ||
            (mpq_equal(value, one->upper[i]) != 0 && one->is_upper_strict[i]);
        mpq_set(one->upper[i], value);
        one->upper_up[i] = (double)end;
    }
    if (!is_upper && mpq_cmp(value, one->lower[i]) >= 0) {
        one->is_lower_strict[i] =
            is_strict ||
            (mpq_equal(value, one->lower[i]) != 0 && one->is_lower_strict[i]);
        mpq_set(one->lower[i], value);
        one->lower_down[i] = (double)end;
    }
    mpq_clear(value);
}

static mpq_t *copy_rationals(const mpq_t *values, size_t n)
{
    mpq_t *copy = rational_create(n);
    for (size_t i = 0; i < n; i++) {
        mpq_set(copy[i], values[i]);
    }
    return copy;
}

/* Numbers that a Cast rounds to c: from c to c + 1 if c > 0, between -1 and 1
 * if it is 0. */
static void narrow_case(struct query_case *one, const struct query *query,
                        const int64_t *cell)
{
    for (size_t k = 0; k < net_n_indices(query->net); k++) {
        const size_t i = net_index(query->net, k);
        const int64_t c = cell[k];
        narrow(one, i, c > 0 ? c : c - 1, false, c <= 0);
        narrow(one, i, c < 0 ? c : c + 1, true, c >= 0);
    }
}

static void copy_case(struct query_case *one, const struct query_case *of,
                      size_t n)
{
    *one = *of;
    one->lower = copy_rationals((const mpq_t *)of->lower, n);
    one->upper = copy_rationals((const mpq_t *)of->upper, n);
    one->lower_down = NULL;
    one->upper_up = NULL;
    one->is_lower_strict = NULL;
    one->is_upper_strict = NULL;
    NEW_ARRAY(one->lower_down, n);
    NEW_ARRAY(one->upper_up, n);
    NEW_ARRAY(one->is_lower_strict, n);
    NEW_ARRAY(one->is_upper_strict, n);
    memcpy(one->lower_down, of->lower_down, n * sizeof *one->lower_down);
    memcpy(one->upper_up, of->upper_up, n * sizeof *one->upper_up);
    memcpy(one->is_lower_strict, of->is_lower_strict,
           n * sizeof *one->is_lower_strict);
    memcpy(one->is_upper_strict, of->is_upper_strict,
           n * sizeof *one->is_upper_strict);
}

/* Marks the inputs among n that the disjunct reads. */
static void mark_disjunct(bool *is_read, const struct query_disjunct *disjunct,
                          size_t n)
{
    for (size_t q = 0; q < disjunct->n_atoms; q++) {
        const struct query_atom *atom = &disjunct->atoms[q];
        for (size_t t = 0; t < atom->n_terms; t++) {
            if (atom->terms[t].variable < n) {
                is_read[atom->terms[t].variable] = true;
            }
        }
    }
}

/* Finds whether what the network and the atoms read is no index, and whether it
 * has one value in the part's box. */
static void look_at(struct part_query *part)
{
    const size_t n = net_n_inputs(part->of);
    bool *is_read = NULL;
    NEW_ARRAY(is_read, n);
    net_reads(is_read, part->query.net);
    for (size_t d = 0; d < part->one.n_disjuncts; d++) {
        mark_disjunct(is_read, &part->one.disjuncts[d], n);
    }
    part->is_free = true;
    part->is_point = true;
    for (size_t k = 0; k < net_n_indices(part->of); k++) {
        part->is_free = part->is_free && !is_read[net_index(part->of, k)];
    }
    for (size_t i = 0; i < n; i++) {
        part->is_point =
            part->is_point &&
            (!is_read[i] || mpq_equal(part->one.lower[i], part->one.upper[i]));
    }
    alloc_free(is_read);
}

static void part_query_clear(struct part_query *self)
{
    const size_t n = net_n_inputs(self->query.net);
    rational_destroy(self->one.lower, n);
    rational_destroy(self->one.upper, n);
    alloc_free(self->one.lower_down);
    alloc_free(self->one.upper_up);
    alloc_free(self->one.is_lower_strict);
    alloc_free(self->one.is_upper_strict);
    layers_destroy(self->query.layers);
    net_destroy(self->query.net);
    alloc_free(self);
}

/* The query of one part, owned by the caller, without layers; it points into
 * the run's query. */
static enum status part_query_create(struct part_query **self,
                                     const struct cells_run *run,
                                     const struct part *part,
                                     struct error *error)
{
    const struct query *query = run->query;
    struct net *net = NULL;
    const enum status status = net_at_cell(&net, query->net, part->cell, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (net_n_outputs(net) != net_n_outputs(query->net)) {
        error_set(error, "the number of outputs depends on the cell");
        net_destroy(net);
        return STATUS_UNSUPPORTED;
    }
    struct part_query *made = NULL;
    NEW(made);
    made->of = query->net;
    made->query = *query;
    made->query.net = net;
    made->query.layers = NULL;
    made->query.n_cases = 1;
    made->query.cases = &made->one;
    copy_case(&made->one, &query->cases[part->case_index], net_n_inputs(net));
    narrow_case(&made->one, query, part->cell);
    look_at(made);
    *self = made;
    return STATUS_OK;
}

/* Whether the disjunct holds at x and y, as far as doubles tell. */
static bool seems_to_hold(const struct query_disjunct *disjunct,
                          const double *x, size_t n_inputs, const double *y)
{
    for (size_t q = 0; q < disjunct->n_atoms; q++) {
        const struct query_atom *atom = &disjunct->atoms[q];
        double sum = 0.0;
        for (size_t t = 0; t < atom->n_terms; t++) {
            const size_t v = atom->terms[t].variable;
            sum += atom->terms[t].coefficient *
                   (v < n_inputs ? x[v] : y[v - n_inputs]);
        }
        if (!(sum <= atom->rhs_up)) {
            return false;
        }
    }
    return true;
}

/* Whether one point of the part seems to be unsafe: the middle of its box, in
 * the input's type. */
static bool is_promising(const struct part_query *part)
{
    const struct query *query = &part->query;
    const struct query_case *one = &part->one;
    const size_t n = net_n_inputs(query->net);
    struct error error = {0};
    bool is_unsafe = false;
    double *x = NULL;
    double *y = NULL;
    NEW_ARRAY(x, n);
    NEW_ARRAY(y, net_n_outputs(query->net));
    for (size_t i = 0; i < n; i++) {
        const double middle = 0.5 * one->lower_down[i] + 0.5 * one->upper_up[i];
        x[i] =
            net_is_input_float32(query->net) ? (double)(float)middle : middle;
    }
    const bool has_value =
        one->is_bounded && net_eval_f32(y, query->net, x, &error) == STATUS_OK;
    for (size_t d = 0; d < one->n_disjuncts && has_value; d++) {
        is_unsafe = is_unsafe || seems_to_hold(&one->disjuncts[d], x, n, y);
    }
    alloc_free(x);
    alloc_free(y);
    return is_unsafe;
}

/* Whether the case fails for all outputs of the part's box by intervals of
 * doubles. */
static bool is_safe_box(const struct part_query *part)
{
    const struct query_case *one = &part->one;
    const size_t n_inputs = net_n_inputs(part->of);
    const size_t n = net_n_outputs(part->of);
    struct error error = {0};
    double *ends = NULL;
    NEW_ARRAY(ends, 2 * n);
    mpq_t *lower = rational_create(n);
    mpq_t *upper = rational_create(n);
    bool is_safe =
        net_eval_interval(ends, ends + n, part->query.net, one->lower_down,
                          one->upper_up, &error) == STATUS_OK;
    for (size_t j = 0; j < n && is_safe; j++) {
        is_safe = isfinite(ends[j]) && isfinite(ends[n + j]);
        if (is_safe) {
            rational_set_double(lower[j], ends[j]);
            rational_set_double(upper[j], ends[n + j]);
        }
    }
    is_safe = is_safe &&
              query_fails_between(one, n_inputs, (const mpq_t *)one->lower,
                                  (const mpq_t *)lower, (const mpq_t *)upper);
    rational_destroy(lower, n);
    rational_destroy(upper, n);
    alloc_free(ends);
    return is_safe;
}

/* The same for a part that is a point, by longer numbers. What is not read may
 * have any value. */
static bool is_safe_point(const struct part_query *part)
{
    static const long bits[] = {128, 1024};
    const struct layers *layers = part->query.layers;
    const mpq_t *x = (const mpq_t *)part->one.lower;
    mpq_t *lower = rational_create(layers->n_outputs);
    mpq_t *upper = rational_create(layers->n_outputs);
    bool is_safe = false;
    for (size_t b = 0; b < sizeof bits / sizeof bits[0] && !is_safe; b++) {
        is_safe =
            layers_enclose(lower, upper, layers, x, bits[b]) &&
            query_fails_between(&part->one, layers->n_inputs, x,
                                (const mpq_t *)lower, (const mpq_t *)upper);
    }
    rational_destroy(lower, layers->n_outputs);
    rational_destroy(upper, layers->n_outputs);
    return is_safe;
}

/* Notes that something stays undecided; the first reason stays. */
static void leave_open(struct cells_run *run, const char *reason)
{
    run->n_open++;
    if (run->result->reason[0] == '\0') {
        stop(run, VERDICT_UNKNOWN, reason);
    }
}

/* Decides a part by the whole pipeline; true if that ends the run. */
static bool decide_part(struct cells_run *run, struct part_query *part)
{
    struct error error = {0};
    struct verify_result one = {0};
    struct verify_options options = *run->options;
    options.on_progress = NULL;
    if (part->is_point && is_safe_box(part)) {
        return is_over(run);
    }
    if (net_lower(&part->query.layers, part->query.net, &error) != STATUS_OK) {
        leave_open(run, error.message);
        return is_over(run);
    }
    if (part->is_point && is_safe_point(part)) {
        return is_over(run);
    }
    verify_query(&one, &part->query, &options);
    stats_add(&run->result->stats, &one.stats);
    if (one.verdict == VERDICT_SAT || one.verdict == VERDICT_TIMED_OUT) {
        one.stats = run->result->stats;
        *run->result = one;
        return true;
    }
    if (one.verdict == VERDICT_UNKNOWN) {
        leave_open(run, one.reason);
    } else if (run->options->proof != NULL) {
        leave_open(run, "proofs of cells that are no points cannot be "
                        "recorded");
    }
    verify_result_clear(&one);
    return is_over(run);
}

/* Whether a part decides all cells of this case and digest. */
static bool is_known(const struct cells_run *run, size_t case_index,
                     const unsigned char *digest)
{
    for (size_t i = 0; i < run->parts.n; i++) {
        const struct part *part = &run->parts.data[i];
        if (part->case_index == case_index && part->is_whole &&
            memcmp(part->digest, digest, SHA256_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* Makes a part of a cell unless another one decides it, and decides it if its
 * middle seems unsafe; true if that ends the run. */
static bool visit_cell(struct cells_run *run, size_t case_index,
                       const int64_t *cell)
{
    const struct query *query = run->query;
    struct error error = {0};
    struct part part = {.case_index = case_index};
    struct part_query *of = NULL;
    bool is_decided = false;
    enum status status = net_cell_digest(part.digest, query->net, cell, &error);
    if (status == STATUS_OK && is_known(run, case_index, part.digest)) {
        return false;
    }
    NEW_ARRAY(part.cell, run->n_indices);
    memcpy(part.cell, cell, run->n_indices * sizeof *cell);
    if (status == STATUS_OK) {
        status = part_query_create(&of, run, &part, &error);
    }
    if (status != STATUS_OK) {
        alloc_free(part.cell);
        leave_open(run, error.message);
        return false;
    }
    part.is_whole = of->is_free;
    part.is_done = run->options->attack && is_promising(of);
    is_decided = part.is_done && decide_part(run, of);
    VEC_PUSH(&run->parts, part);
    part_query_clear(of);
    return is_decided;
}

/* First pass over the cells of a case; true if the run is decided. */
static bool visit_case(struct cells_run *run, size_t case_index)
{
    const struct query_case *one = &run->query->cases[case_index];
    int64_t *cell = NULL;
    bool is_decided = false;
    if (!one->is_bounded || !find_ranges(run, one)) {
        leave_open(run, "the input box has too many cells");
        return false;
    }
    NEW_ARRAY(cell, run->n_indices);
    memcpy(cell, run->lowest, run->n_indices * sizeof *cell);
    do {
        is_decided = is_over(run) || visit_cell(run, case_index, cell);
    } while (!is_decided && next_cell(cell, run));
    alloc_free(cell);
    return is_decided;
}

/* Second pass: the parts that the first one only looked at. */
static bool decide_rest(struct cells_run *run)
{
    for (size_t i = 0; i < run->parts.n; i++) {
        struct error error = {0};
        struct part_query *of = NULL;
        if (run->parts.data[i].is_done) {
            continue;
        }
        if (part_query_create(&of, run, &run->parts.data[i], &error) !=
            STATUS_OK) {
            leave_open(run, error.message);
            continue;
        }
        const bool is_decided = decide_part(run, of);
        part_query_clear(of);
        if (is_decided) {
            return true;
        }
    }
    return false;
}

void verify_cells(struct verify_result *result, const struct query *query,
                  const struct verify_options *options)
{
    struct cells_run run = {.query = query,
                            .options = options,
                            .result = result,
                            .n_indices = net_n_indices(query->net)};
    bool is_decided = false;
    *result = (struct verify_result){.verdict = VERDICT_UNKNOWN};
    NEW_ARRAY(run.lowest, run.n_indices);
    NEW_ARRAY(run.highest, run.n_indices);
    for (size_t i = 0; i < query->n_cases && !is_decided; i++) {
        is_decided = visit_case(&run, i);
    }
    is_decided = is_decided || decide_rest(&run);
    if (!is_decided && run.n_open == 0) {
        result->verdict = VERDICT_UNSAT;
    }
    for (size_t i = 0; i < run.parts.n; i++) {
        alloc_free(run.parts.data[i].cell);
    }
    VEC_CLEAR(&run.parts);
    alloc_free(run.lowest);
    alloc_free(run.highest);
}
