/* A candidate becomes a witness only if exact and float arithmetic agree. */
#include "src/attack/confirm.h"

#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/net/enclose.h"
#include "src/num/rational.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* Exact evaluations spent on candidates that the floats already refused. */
enum { EXACT_ONLY_LIMIT = 3 };

void confirm_init(struct confirm *confirm, const struct query *query)
{
    const size_t n_inputs = query->layers->n_inputs;
    const size_t n_outputs = query->layers->n_outputs;
    *confirm = (struct confirm){.query = query};
    NEW_ARRAY(confirm->lower, n_inputs);
    NEW_ARRAY(confirm->upper, n_inputs);
    NEW_ARRAY(confirm->point, n_inputs);
    NEW_ARRAY(confirm->output, n_outputs);
    confirm->x = rational_create(n_inputs);
    confirm->y = rational_create(n_outputs);
    confirm->y_upper = rational_create(n_outputs);
    confirm->y_float = rational_create(n_outputs);
    if (query->n_cases > 0) {
        confirm_select(confirm, 0);
    }
}

void confirm_clear(struct confirm *confirm)
{
    if (confirm->query == NULL) {
        return;
    }
    const size_t n_inputs = confirm->query->layers->n_inputs;
    const size_t n_outputs = confirm->query->layers->n_outputs;
    rational_destroy(confirm->x, n_inputs);
    rational_destroy(confirm->y, n_outputs);
    rational_destroy(confirm->y_upper, n_outputs);
    rational_destroy(confirm->y_float, n_outputs);
    alloc_free(confirm->lower);
    alloc_free(confirm->upper);
    alloc_free(confirm->point);
    alloc_free(confirm->output);
    *confirm = (struct confirm){.query = NULL};
}

/* The value of the input type next to x in the direction of the sign. */
static double neighbour(double x, double direction, bool is_float32)
{
    if (is_float32) {
        return (double)nextafterf((float)x,
                                  direction > 0.0 ? FLT_MAX : -FLT_MAX);
    }
    return nextafter(x, direction > 0.0 ? DBL_MAX : -DBL_MAX);
}

static bool equals_exactly(double x, const mpq_t exact)
{
    if (!isfinite(x)) {
        return false;
    }
    mpq_t value;
    mpq_init(value);
    rational_set_double(value, x);
    const bool is_equal = mpq_equal(value, exact) != 0;
    mpq_clear(value);
    return is_equal;
}

static double least_inside(const struct query_case *query_case, size_t i,
                           bool is_float32)
{
    const double limit = is_float32 ? (double)FLT_MAX : DBL_MAX;
    if (isinf(query_case->lower_down[i])) {
        return -limit;
    }
    const double least = is_float32
                             ? (double)rational_up_f32(query_case->lower[i])
                             : rational_up(query_case->lower[i]);
    if (query_case->is_lower_strict[i] &&
        equals_exactly(least, query_case->lower[i])) {
        return neighbour(least, 1.0, is_float32);
    }
    return least;
}

static double greatest_inside(const struct query_case *query_case, size_t i,
                              bool is_float32)
{
    const double limit = is_float32 ? (double)FLT_MAX : DBL_MAX;
    if (isinf(query_case->upper_up[i])) {
        return limit;
    }
    const double greatest =
        is_float32 ? (double)rational_down_f32(query_case->upper[i])
                   : rational_down(query_case->upper[i]);
    if (query_case->is_upper_strict[i] &&
        equals_exactly(greatest, query_case->upper[i])) {
        return neighbour(greatest, -1.0, is_float32);
    }
    return greatest;
}

/* Nearest value of the input type, finite. */
static double snap(double x, bool is_float32)
{
    const double limit = is_float32 ? (double)FLT_MAX : DBL_MAX;
    const double finite = fmax(fmin(x, limit), -limit);
    return is_float32 ? (double)(float)finite : finite;
}

void confirm_select(struct confirm *confirm, size_t case_index)
{
    assert(case_index < confirm->query->n_cases);
    const struct query_case *query_case = &confirm->query->cases[case_index];
    const bool is_float32 = confirm->query->layers->is_input_float32;
    confirm->case_index = case_index;
    confirm->has_gap = false;
    for (size_t i = 0; i < confirm->query->layers->n_inputs; i++) {
        confirm->lower[i] = least_inside(query_case, i, is_float32);
        confirm->upper[i] = greatest_inside(query_case, i, is_float32);
        if (confirm->lower[i] <= confirm->upper[i]) {
            continue;
        }
        confirm->lower[i] =
            snap(rational_near(query_case->lower[i]), is_float32);
        confirm->upper[i] = confirm->lower[i];
        confirm->has_gap = true;
    }
}

/* Slack of one disjunct at the float outputs, per unit of output error;
 * negative if an atom fails, HUGE_VAL if no atom reads outputs. */
static double disjunct_slack(const struct confirm *confirm,
                             const struct query_disjunct *disjunct)
{
    const size_t n_inputs = confirm->query->layers->n_inputs;
    double slack = HUGE_VAL;
    for (size_t q = 0; q < disjunct->n_atoms; q++) {
        const struct query_atom *atom = &disjunct->atoms[q];
        double excess = -atom->rhs_up;
        double weight = 0.0;
        for (size_t t = 0; t < atom->n_terms; t++) {
            const double c = atom->terms[t].coefficient;
            const size_t v = atom->terms[t].variable;
            if (v < n_inputs) {
                excess += c * confirm->point[v];
            } else {
                excess += c * confirm->output[v - n_inputs];
                weight += fabs(c);
            }
        }
        if (weight > 0.0) {
            slack = fmin(slack, -excess / weight);
        } else if (excess > 0.0) {
            slack = fmin(slack, -excess);
        }
    }
    return slack;
}

static double best_slack(const struct confirm *confirm)
{
    const struct query_case *query_case =
        &confirm->query->cases[confirm->case_index];
    double slack = -HUGE_VAL;
    for (size_t d = 0; d < query_case->n_disjuncts; d++) {
        slack = fmax(slack, disjunct_slack(confirm, &query_case->disjuncts[d]));
    }
    return slack;
}

/* Largest difference of the float and the exact outputs. */
static double output_error(const struct confirm *confirm)
{
    double error = 0.0;
    for (size_t i = 0; i < confirm->query->layers->n_outputs; i++) {
        error = fmax(error,
                     fabs(confirm->output[i] - rational_near(confirm->y[i])));
    }
    return error;
}

/* Before C23 an array of rationals does not become one of constants by
 * itself. */
static const mpq_t *constants(mpq_t *values)
{
    return (const mpq_t *)values;
}

/* Is every declared input, as a network computes it, what the property says? */
static bool are_inputs_exact(const struct confirm *confirm)
{
    const struct query *query = confirm->query;
    double value = 0.0;
    for (size_t i = 0; i < query->n_declared_inputs; i++) {
        if (!query_declared_input(&value, query, i, confirm->point)) {
            return false;
        }
    }
    return true;
}

static bool float_holds(struct confirm *confirm)
{
    const struct query *query = confirm->query;
    struct error error;
    if (net_eval_f32(confirm->output, query->net, confirm->point, &error) !=
        STATUS_OK) {
        return false;
    }
    for (size_t i = 0; i < query->layers->n_outputs; i++) {
        if (!isfinite(confirm->output[i])) {
            return false;
        }
        rational_set_double(confirm->y_float[i], confirm->output[i]);
    }
    query_multiply(confirm->y_float, query, constants(confirm->x));
    return are_inputs_exact(confirm) &&
           query_holds_exact(query, confirm->case_index, constants(confirm->x),
                             constants(confirm->y_float));
}

/* Decides by enclosures of the outputs, with more bits if few do not. */
static bool enclosure_holds(struct confirm *confirm)
{
    static const long bits[] = {128, 1024};
    const struct query *query = confirm->query;
    bool is_held = false;
    for (size_t i = 0; i < sizeof bits / sizeof *bits && !is_held; i++) {
        is_held = layers_enclose(confirm->y, confirm->y_upper, query->layers,
                                 constants(confirm->x), bits[i]) &&
                  query_holds_between(
                      query, confirm->case_index, constants(confirm->x),
                      constants(confirm->y), constants(confirm->y_upper));
    }
    return is_held;
}

static bool exact_holds(struct confirm *confirm)
{
    const struct query *query = confirm->query;
    struct error error;
    if (query->layers->n_curved > 0) {
        return enclosure_holds(confirm);
    }
    return net_eval_exact(confirm->y, query->net, constants(confirm->x),
                          &error) == STATUS_OK &&
           query_holds_exact(query, confirm->case_index, constants(confirm->x),
                             constants(confirm->y));
}

static enum confirm_answer note_near(struct confirm *confirm, const char *text)
{
    confirm->n_near++;
    if (!confirm->is_near_logged) {
        log_line(LOG_NOTE, "near-witness not counted: %s", text);
        confirm->is_near_logged = true;
    }
    return CONFIRM_NEAR;
}

static void set_point(struct confirm *confirm, const double *candidate)
{
    const struct layers *layers = confirm->query->layers;
    for (size_t i = 0; i < layers->n_inputs; i++) {
        assert(isfinite(candidate[i]));
        const double x = snap(candidate[i], layers->is_input_float32);
        confirm->point[i] = fmax(confirm->lower[i], fmin(x, confirm->upper[i]));
        rational_set_double(confirm->x[i], confirm->point[i]);
    }
    confirm->projection = (struct query_projection){0};
    if (confirm->has_gap) {
        confirm->projection =
            query_project(confirm->x, confirm->query, confirm->case_index);
    }
}

static void fill_witness(struct witness *witness, const struct confirm *confirm)
{
    const size_t n_inputs = confirm->query->layers->n_inputs;
    const size_t n_outputs = confirm->query->layers->n_outputs;
    NEW_ARRAY(witness->x, n_inputs);
    NEW_ARRAY(witness->y, n_outputs);
    memcpy(witness->x, confirm->point, n_inputs * sizeof *witness->x);
    memcpy(witness->y, confirm->output, n_outputs * sizeof *witness->y);
    witness->projection = confirm->projection;
}

enum confirm_answer confirm_point(struct confirm *confirm,
                                  struct witness *witness,
                                  const double *candidate)
{
    set_point(confirm, candidate);
    const bool is_float_met = float_holds(confirm);
    if (is_float_met && confirm->projection.farthest > CONFIRM_REACH) {
        return note_near(confirm, "it lies too far from the box");
    }
    if (!is_float_met && confirm->n_exact_only++ >= EXACT_ONLY_LIMIT) {
        return CONFIRM_REFUSED;
    }
    const bool is_exact_met = exact_holds(confirm);
    if (is_float_met && is_exact_met) {
        const double error = output_error(confirm);
        confirm->slack = best_slack(confirm) / fmax(error, DBL_MIN);
        fill_witness(witness, confirm);
        return CONFIRM_WITNESS;
    }
    if (is_exact_met) {
        return note_near(confirm, "it holds in exact arithmetic only");
    }
    if (is_float_met) {
        return note_near(confirm, "it holds in floating point only");
    }
    return CONFIRM_REFUSED;
}
