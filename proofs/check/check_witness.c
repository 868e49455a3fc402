/* The network at one point: exactly, and in float32 with all its errors.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_witness.h"

#include "proofs/check/check_fail.h"

#include <math.h>
#include <string.h>

/* value[0][i] <= v_i <= value[1][i] for coordinates i; one array for both if
 * the values are exact. */
struct point {
    const struct check_network *network;
    mpq_t *value[2];
};

/* Not above, not below any number that was rounded to x, nor x itself. */
static double down(double x)
{
    return x - (fabs(x) * 0x1p-51 + 0x1p-1074);
}

static double up(double x)
{
    return x + (fabs(x) * 0x1p-51 + 0x1p-1074);
}

static bool is_float32(double x)
{
    return fabs(x) <= 0x1.fffffep127 && !isless((double)(float)x, x) &&
           !isgreater((double)(float)x, x);
}

/*
 * FORMAT.md, "Witnesses": encloses what a row of n products may give in
 * float32 arithmetic. false if weights are no float32 numbers or sums come
 * near to an overflow.
 */
static bool enclose_row(double *ends, const struct check_layer *layer, size_t i)
{
    const double n = (double)(layer->start[i + 1] - layer->start[i]);
    double lower = layer->bias[i];
    double upper = lower;
    double size = fabs(lower);
    bool are_floats = is_float32(lower);
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        const double w = layer->weight[k];
        const double *of = ends + 2 * (size_t)layer->column[k];
        const double at_lower = w * of[w < 0 ? 1 : 0];
        const double at_upper = w * of[w < 0 ? 0 : 1];
        lower = down(lower + down(at_lower));
        upper = up(upper + up(at_upper));
        const double of_lower = fabs(at_lower);
        const double of_upper = fabs(at_upper);
        size = up(size + up(of_lower > of_upper ? of_lower : of_upper));
        are_floats = are_floats && is_float32(w);
    }
    /* gamma = (n + 2) u / (1 - (n + 2) u) for u = 2^-24 */
    const double errors = (n + 2) * 0x1p-24;
    const double gamma = up(errors / down(1 - errors));
    const double error = up(up(gamma * size) + n * 0x1p-149);
    ends[2 * (layer->first + i)] = down(lower - error);
    ends[2 * (layer->first + i) + 1] = up(upper + error);
    return are_floats && errors < 0.5 && size < 0x1p126;
}

/* Fills the ends of all coordinates, two each, from those of the inputs. */
static bool enclose(double *ends, const struct check_network *network)
{
    bool is_known = true;
    for (size_t l = 0; l < network->n_layers && is_known; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; i < layer->width && is_known; i++) {
            if (layer->kind == CHECK_AFFINE) {
                is_known = enclose_row(ends, layer, i);
                continue;
            }
            if (layer->kind != CHECK_RELU) {
                return false;
            }
            const double *of = ends + 2 * (size_t)layer->source[i];
            ends[2 * (layer->first + i)] = of[0] > 0 ? of[0] : 0;
            ends[2 * (layer->first + i) + 1] = of[1] > 0 ? of[1] : 0;
        }
    }
    return is_known;
}

enum truth { NEVER, MAYBE, ALWAYS };

/* Whether an atom holds for no, some or all values of the point. */
static enum truth judge_atom(const struct check_atom *atom,
                             const struct point *point)
{
    bool holds[2]; /* at the least and at the greatest sum */
    mpq_t sum;
    mpq_t part;
    mpq_inits(sum, part, NULL);
    for (int e = 0; e < 2; e++) {
        mpq_set_ui(sum, 0, 1);
        for (size_t t = 0; t < atom->n_terms; t++) {
            const struct check_term *term = &atom->terms[t];
            const size_t i = term->is_output
                                 ? point->network->output[term->index]
                                 : term->index;
            const int end = mpz_sgn(term->coefficient) < 0 ? 1 - e : e;
            mpq_set_z(part, term->coefficient);
            mpq_mul(part, part, point->value[end][i]);
            mpq_add(sum, sum, part);
        }
        const int order = mpq_cmp(sum, atom->rhs);
        holds[e] = atom->is_strict ? order < 0 : order <= 0;
    }
    mpq_clears(sum, part, NULL);
    return holds[1] ? ALWAYS : holds[0] ? MAYBE : NEVER;
}

/* Whether the atoms of the disjunct hold, for no, some or all values. */
static enum truth judge_disjunct(const struct check_disjunct *disjunct,
                                 const struct point *point)
{
    enum truth truth = ALWAYS;
    for (size_t a = 0; a < disjunct->n_atoms; a++) {
        const enum truth other = judge_atom(disjunct->atoms[a], point);
        truth = other < truth ? other : truth;
    }
    return truth;
}

/* Whether the point lies in the box and satisfies a disjunct of the case. */
static enum truth judge_case(const struct check_case *of,
                             const struct point *point)
{
    enum truth best = NEVER;
    enum truth inside = ALWAYS; /* inputs are exact: ALWAYS or NEVER */
    const size_t n_ends = 2 * point->network->n_inputs;
    for (size_t e = 0; e < n_ends && inside == ALWAYS; e++) {
        inside = of->box[e] == NULL ? ALWAYS : judge_atom(of->box[e], point);
    }
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        const enum truth other = judge_disjunct(&of->disjuncts[d], point);
        const enum truth truth = other < inside ? other : inside;
        best = truth > best ? truth : best;
    }
    return best;
}

static enum truth judge_query(const struct check_query *query,
                              const struct point *point)
{
    enum truth best = NEVER;
    for (size_t c = 0; c < query->n_cases; c++) {
        const enum truth truth = judge_case(&query->cases[c], point);
        best = truth > best ? truth : best;
    }
    return best;
}

/* Moves x to an end of its interval if it is beyond it, strict or not. False if
 * that is farther than 2^-10. */
static bool move_inside(mpq_t x, const struct check_atom *end, bool is_lower)
{
    bool is_near = true;
    mpq_t place;
    mpq_t move;
    mpq_inits(place, move, NULL);
    mpq_set(place, end->rhs);
    if (is_lower) { /* -1*X <= rhs */
        mpq_neg(place, place);
    }
    mpq_sub(move, place, x);
    if (is_lower ? mpq_sgn(move) > 0 : mpq_sgn(move) < 0) {
        mpq_abs(move, move);
        is_near = mpq_cmp_ui(move, 1, 1024) <= 0;
        mpq_set(x, place);
    }
    mpq_clears(place, move, NULL);
    return is_near;
}

/* Moves the inputs v[n] to the box of the case, or its closure; false if one
 * would move too far. */
static bool project(mpq_t *v, const struct check_case *of, size_t n)
{
    bool is_near = true;
    for (size_t e = 0; e < 2 * n && is_near; e++) {
        is_near =
            of->box[e] == NULL || move_inside(v[e / 2], of->box[e], e % 2 == 0);
    }
    return is_near;
}

/* Whether the inputs of the point are unsafe for one of n cases: exact values,
 * or enclosures that get narrower as long as they do not tell. */
static bool is_unsafe(struct point *point, const struct check_case *cases,
                      size_t n)
{
    enum { LEAST_BITS = 128, MOST_BITS = 4096 };
    const struct check_network *network = point->network;
    enum truth best = MAYBE;
    if (!network->is_curved) {
        check_network_eval(point->value[0], network);
    }
    for (long bits = LEAST_BITS; best == MAYBE && bits <= MOST_BITS;
         bits *= 2) {
        best = NEVER;
        for (size_t i = 0; network->is_curved && i < network->n_inputs; i++) {
            mpq_set(point->value[1][i], point->value[0][i]);
        }
        if (network->is_curved &&
            !check_network_enclose(point->value[0], point->value[1], network,
                                   bits)) {
            return false;
        }
        for (size_t c = 0; c < n; c++) {
            const enum truth truth = judge_case(&cases[c], point);
            best = truth > best ? truth : best;
        }
    }
    return best == ALWAYS;
}

/* Whether inputs v lie in the cell of x. */
static bool is_same_cell(mpq_t *v, const struct check_network *network,
                         const double *x)
{
    bool is_same = true;
    mpz_t whole;
    mpz_init(whole);
    for (size_t k = 0; k < network->n_indices && is_same; k++) {
        const size_t i = network->index[k];
        mpz_tdiv_q(whole, mpq_numref(v[i]), mpq_denref(v[i]));
        is_same = mpz_cmp_si(whole, (long)x[i]) == 0;
    }
    mpz_clear(whole);
    return is_same;
}

/* Whether the projection of x onto the box of a case is unsafe there; the
 * values of the point are scratch. */
static bool is_unsafe_nearby(struct point *point,
                             const struct check_query *query, const double *x)
{
    const struct check_network *network = point->network;
    mpq_t *v = point->value[0];
    for (size_t c = 0; c < query->n_cases; c++) {
        for (size_t i = 0; i < network->n_inputs; i++) {
            mpq_set_d(v[i], x[i]);
        }
        if (project(v, &query->cases[c], network->n_inputs) &&
            is_same_cell(v, network, x) &&
            is_unsafe(point, &query->cases[c], 1)) {
            return true;
        }
    }
    return false;
}

static mpq_t *new_values(size_t n)
{
    mpq_t *values = check_alloc(n, sizeof *values);
    for (size_t i = 0; i < n; i++) {
        mpq_init(values[i]);
    }
    return values;
}

static void free_values(mpq_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mpq_clear(values[i]);
    }
    check_free(values);
}

/* The values of the head: IEEE doubles, their least byte first. */
static void read_values(double *x, const struct check_head *head)
{
    struct check_cursor cursor = head->content;
    for (size_t i = 0; i < head->n_values; i++) {
        const uint64_t bits = check_cursor_u64(&cursor);
        memcpy(&x[i], &bits, sizeof bits);
        if (!isfinite(x[i])) {
            check_cursor_fail(&cursor, "value that is not finite");
        }
    }
}

static enum check_float32 judge_float32(const double *x,
                                        const struct check_network *network,
                                        const struct check_query *query)
{
    const size_t n = network->n_coordinates;
    double *ends = check_alloc(2 * n, sizeof *ends);
    struct point point = {network, {new_values(n), new_values(n)}};
    enum check_float32 answer = CHECK_UNDETERMINED;
    for (size_t i = 0; i < network->n_inputs; i++) {
        ends[2 * i] = ends[2 * i + 1] = x[i];
        answer = is_float32(x[i]) ? answer : CHECK_NO_FLOAT32;
    }
    if (answer == CHECK_UNDETERMINED && enclose(ends, network)) {
        for (size_t i = 0; i < 2 * n; i++) {
            mpq_set_d(point.value[i % 2][i / 2], ends[i]);
        }
        const enum truth truth = judge_query(query, &point);
        answer = truth == ALWAYS  ? CHECK_EVERY_ORDER
                 : truth == NEVER ? CHECK_NO_ORDER
                                  : CHECK_UNDETERMINED;
    }
    free_values(point.value[0], n);
    free_values(point.value[1], n);
    check_free(ends);
    return answer;
}

/* The network at the cell of x, owned by the caller. */
static struct check_network *load_at(const struct check_network *of,
                                     const struct check_head *head,
                                     const double *x)
{
    int64_t *value = check_alloc(of->n_indices, sizeof *value);
    for (size_t k = 0; k < of->n_indices; k++) {
        if (!(fabs(x[of->index[k]]) < 0x1p53)) {
            check_reject("%s: an index beyond 2^53", head->file.path);
        }
        value[k] = (int64_t)x[of->index[k]];
    }
    const struct check_cell cell = {of->n_indices, value};
    struct check_network *network = check_network_at(of, &cell);
    check_free(value);
    return network;
}

bool check_is_safe_at(const struct check_network *network,
                      const struct check_case *of, mpq_t *x)
{
    enum { LEAST_BITS = 128, MOST_BITS = 4096 };
    const size_t n = network->n_coordinates;
    struct point point = {network, {new_values(n), new_values(n)}};
    bool is_safe = false;
    bool has_values = true;
    for (long bits = LEAST_BITS; !is_safe && has_values && bits <= MOST_BITS;
         bits *= 2) {
        for (size_t i = 0; i < network->n_inputs; i++) {
            mpq_set(point.value[0][i], x[i]);
            mpq_set(point.value[1][i], x[i]);
        }
        has_values = check_network_enclose(point.value[0], point.value[1],
                                           network, bits);
        is_safe = has_values;
        for (size_t d = 0; d < of->n_disjuncts && is_safe; d++) {
            is_safe = judge_disjunct(&of->disjuncts[d], &point) == NEVER;
        }
    }
    free_values(point.value[0], n);
    free_values(point.value[1], n);
    return is_safe;
}

enum check_float32 check_witness(const struct check_head *head,
                                 const struct check_network *given,
                                 const struct check_query *query)
{
    double *x = check_alloc(head->n_values, sizeof *x);
    read_values(x, head);
    if (head->n_values != given->n_inputs) {
        check_reject("%s: has %llu values, the network %zu inputs",
                     head->file.path, (unsigned long long)head->n_values,
                     given->n_inputs);
    }
    struct check_network *own = given->is_cell ? load_at(given, head, x) : NULL;
    const struct check_network *network = own != NULL ? own : given;
    const size_t n = network->n_coordinates;
    mpq_t *v = new_values(n);
    mpq_t *upper = network->is_curved ? new_values(n) : v;
    struct point point = {network, {v, upper}};
    for (size_t i = 0; i < network->n_inputs; i++) {
        mpq_set_d(v[i], x[i]);
    }
    enum check_float32 answer = CHECK_NO_FLOAT32;
    if (is_unsafe(&point, query->cases, query->n_cases)) {
        answer = judge_float32(x, network, query);
    } else if (!is_unsafe_nearby(&point, query, x)) {
        check_reject("%s: its input is not unsafe", head->file.path);
    }
    if (upper != v) {
        free_values(upper, n);
    }
    free_values(v, n);
    check_free(x);
    if (own != NULL) {
        check_network_free(own);
    }
    return answer;
}
