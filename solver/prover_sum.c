/* Rows of atoms and of their sums. */
#include "solver/prover_sum.h"

#include "solver/lp_safe.h"
#include "solver/sum_game.h"
#include "src/base/require.h"

#include <math.h>
#include <string.h>

/* Most sums tried at a node; so many of them where none can close it, as they
 * may clip the box; the first ones go only half the way. */
enum { MOST_ROUNDS = 8, N_HOPELESS = 1, N_DAMPED = 2 };

/* Adds |coefficient met| * distance of the lines to the losses of layer k,
 * whose neurons are not ReLUs. */
static void add_curve_losses(struct prover *p, size_t k, const double *met)
{
    for (size_t i = 0; i < p->layers->layer[k].width; i++) {
        if (met[i] > 0.0 || met[i] < 0.0) {
            p->loss[k][i] +=
                fabs(met[i]) * backward_gap(p->backward, k, i, &p->bounds);
        }
    }
}

/* Adds |coefficient met| * area of the relaxation to the losses, for row
 * `row` of the last block. */
static void add_losses(struct prover *p, size_t row)
{
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        const struct layer *layer = &p->layers->layer[k];
        const double *met =
            p->loss[k] != NULL ? backward_met(p->backward, k, row) : NULL;
        if (met == NULL) {
            continue;
        }
        if (layer->kind != LAYER_RELU) {
            add_curve_losses(p, k, met);
            continue;
        }
        const double *lower = p->bounds.lower[layer->source];
        const double *upper = p->bounds.upper[layer->source];
        for (size_t i = 0; i < layer->width; i++) {
            if (lower[i] < 0.0 && upper[i] > 0.0) {
                p->loss[k][i] +=
                    fabs(met[i]) * -lower[i] * upper[i] / (upper[i] - lower[i]);
            }
        }
    }
}

double prover_row_minimum(const struct prover *p, size_t r)
{
    const size_t n = p->layers->n_inputs;
    const struct lp_problem problem = {
        .n = n, .m = 0, .lower = p->lower, .upper = p->upper};
    const double *a = p->row + r * n;
    return nextafter(lp_safe_bound(&problem, a, NULL) + p->constant[r],
                     -HUGE_VAL);
}

/* What the lines give for a neuron that the row meets with coefficient q. */
static double line(double z, double l, double u, double q)
{
    if (l >= 0.0) {
        return z;
    }
    if (u <= 0.0) {
        return 0.0;
    }
    if (q < 0.0) {
        return u / (u - l) * (z - l);
    }
    if (q > 0.0) {
        return 64.0 * u > -63.0 * l ? z : 0.0;
    }
    return fmax(z, 0.0);
}

/* The relaxed values of layer k where row `row` of the last block is least. */
static void relax_layer(struct prover *p, size_t k, size_t row)
{
    const struct layer *layer = &p->layers->layer[k];
    double *v = p->relaxed.lower[k];
    if (layer->kind == LAYER_RELU) {
        const double *z = p->relaxed.lower[layer->source];
        const double *l = p->bounds.lower[layer->source];
        const double *u = p->bounds.upper[layer->source];
        const double *met = backward_met(p->backward, k, row);
        for (size_t i = 0; i < layer->width; i++) {
            v[i] = line(z[i], l[i], u[i], met == NULL ? 0.0 : met[i]);
        }
    } else if (layer_is_curved(layer)) {
        const double *met = backward_met(p->backward, k, row);
        for (size_t i = 0; i < layer->width; i++) {
            const size_t n = layer_n_read(layer);
            const double source[3] = {
                p->relaxed.lower[layer->source][i],
                n > 1 ? p->relaxed.lower[layer->other][i] : 0.0,
                n > 2 ? p->relaxed.lower[layer->base][i] : 0.0};
            v[i] = backward_line_at(p->backward, k, i,
                                    met != NULL && met[i] < 0.0, source);
        }
    } else if (layer->kind == LAYER_AFFINE) {
        memcpy(v, layer->bias, layer->width * sizeof *v);
        for (size_t t = 0; t < layer->n_terms; t++) {
            matrix_add_product(v, &layer->terms[t].matrix,
                               p->relaxed.lower[layer->terms[t].source]);
        }
    }
}

/*
 * Values of the atoms of disjunct d where row `row` of the last block, with
 * the lines that were chosen for it, is least over the box. The bound of the
 * sum is a concave function of its multipliers, with these as a supergradient.
 */
static void find_values(struct prover *p, size_t d, size_t row, double *values)
{
    const double *a = backward_coefficients(p->backward, row);
    double *x = p->relaxed.lower[0];
    for (size_t j = 0; j < p->layers->n_inputs; j++) {
        x[j] = a[j] > 0.0 ? p->lower[j] : p->upper[j];
    }
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        relax_layer(p, k, row);
    }
    const double *y = p->relaxed.lower[p->layers->n_layers - 1];
    const size_t first = p->spec.first[d];
    for (size_t r = first; r < spec_sum(&p->spec, d); r++) {
        values[r - first] = spec_value(&p->spec, r, x, y);
    }
}

/* Takes row `row` of the last block as row r. */
static void take_row(struct prover *p, size_t r, size_t row)
{
    const size_t n = p->layers->n_inputs;
    memcpy(p->row + r * n, backward_coefficients(p->backward, row),
           n * sizeof *p->row);
    p->constant[r] = backward_constant(p->backward, row);
}

/* True if some row of disjunct d is positive over the box. */
static bool is_refuted(const struct prover *p, size_t d)
{
    const double margin = p->record.is_on ? p->record.margin : 0.0;
    for (size_t r = p->spec.first[d]; r < p->spec.first[d + 1]; r++) {
        if (prover_row_minimum(p, r) > margin) {
            return true;
        }
    }
    return false;
}

void prover_bound_rows(struct prover *p, const uint32_t *rows, size_t n)
{
    backward_begin(p->backward, n);
    for (size_t t = 0; t < n; t++) {
        spec_seed(&p->spec, p->backward, rows[t], t);
    }
    backward_run(p->backward);
    for (size_t t = 0; t < n; t++) {
        const size_t d = spec_owner(&p->spec, rows[t]);
        take_row(p, rows[t], t);
        add_losses(p, t);
        if (p->spec.atom[rows[t]] == NULL && !is_refuted(p, d)) {
            find_values(p, d, t, p->values + d * SPEC_MOST_SUMMED);
        }
    }
}

/*
 * The search for multipliers of one disjunct.
 *   points  [n_points x n] values of the atoms where some sums were least
 *   corner  [n_points x n_inputs] the corner of the box for each
 *   best    bound of the best sum, with its multipliers, divided by their sum
 */
struct sum_search {
    size_t n;
    size_t n_points;
    double points[SUM_GAME_POINTS * SPEC_MOST_SUMMED];
    double corner[SUM_GAME_POINTS * PROVER_SCORE_INPUTS];
    double share[SUM_GAME_POINTS];
    double best;
    double weight[SPEC_MOST_SUMMED];
};

/* The corner of the box where a row with these coefficients is least. */
static void add_corner(struct sum_search *self, const struct prover *p,
                       const double *a)
{
    const size_t n = p->layers->n_inputs;
    double *x = self->corner + self->n_points * n;
    for (size_t j = 0; j < n; j++) {
        x[j] = a[j] > 0.0 ? p->lower[j] : p->upper[j];
    }
    self->n_points++;
}

/* Sets p->point to the mean of the corners that solves the game: where the
 * relaxation comes closest to satisfying all atoms. */
static void set_point(struct prover *p, const struct sum_search *self)
{
    const size_t n = p->layers->n_inputs;
    for (size_t j = 0; j < n; j++) {
        double x = 0.0;
        for (size_t t = 0; t < self->n_points; t++) {
            x += self->share[t] * self->corner[t * n + j];
        }
        p->point[j] = fmin(fmax(x, p->lower[j]), p->upper[j]);
    }
}

static void start(struct sum_search *self, const struct prover *p, size_t d)
{
    const size_t first = p->spec.first[d];
    double sum = 0.0;
    self->n = spec_n_atoms(&p->spec, d);
    self->n_points = 0;
    memset(self->share, 0, sizeof self->share);
    self->share[0] = 1.0;
    add_corner(self, p, p->row + spec_sum(&p->spec, d) * p->layers->n_inputs);
    memcpy(self->points, p->values + d * SPEC_MOST_SUMMED,
           self->n * sizeof *self->points);
    for (size_t j = 0; j < self->n; j++) {
        self->weight[j] = p->spec.weight[first + j];
        sum += self->weight[j];
    }
    for (size_t j = 0; j < self->n; j++) {
        self->weight[j] /= sum;
    }
    self->best = prover_row_minimum(p, spec_sum(&p->spec, d)) / sum;
}

/* Sets the multipliers of d to the weights, the largest made 1; their sum. */
static double set_weights(struct prover *p, size_t d, const double *weight,
                          size_t n)
{
    double *to = p->spec.weight + p->spec.first[d];
    double largest = 0.0;
    double sum = 0.0;
    for (size_t j = 0; j < n; j++) {
        largest = fmax(largest, weight[j]);
    }
    for (size_t j = 0; j < n; j++) {
        to[j] = ldexp(nearbyint(ldexp(weight[j] / largest, SPEC_WEIGHT_BITS)),
                      -SPEC_WEIGHT_BITS);
        sum += to[j];
    }
    return sum;
}

/* Back-substitutes the sum of d with the weights it has. */
static void run_sum(struct prover *p, size_t d)
{
    backward_begin(p->backward, 1);
    spec_seed(&p->spec, p->backward, spec_sum(&p->spec, d), 0);
    backward_run(p->backward);
}

void prover_note_sum(struct prover *p, size_t d)
{
    const size_t first = p->spec.first[d];
    for (size_t r = first; r < spec_sum(&p->spec, d); r++) {
        if (p->spec.weight[r] > 0.0) {
            const struct record_term term = {
                .disjunct = (uint32_t)d,
                .index = (uint32_t)(r - first),
                .multiplier = p->spec.weight[r],
            };
            VEC_PUSH(&p->record.terms, term);
        }
    }
}

bool prover_sum_search(struct prover *p, size_t d)
{
    struct sum_search self;
    double weight[SPEC_MOST_SUMMED];
    const size_t sum_row = spec_sum(&p->spec, d);
    start(&self, p, d);
    for (int round = 0; round < MOST_ROUNDS; round++) {
        const double most = sum_game_solve(weight, self.share, self.points,
                                           self.n_points, self.n);
        if (most > -HUGE_VAL) {
            set_point(p, &self);
        }
        if (!(most > self.best) || (most <= 0.0 && round >= N_HOPELESS)) {
            break;
        }
        for (size_t j = 0; j < self.n && round < N_DAMPED; j++) {
            weight[j] = 0.5 * weight[j] + 0.5 * self.weight[j];
        }
        const double sum = set_weights(p, d, weight, self.n);
        run_sum(p, d);
        const double bound =
            backward_minimum(p->backward, 0, p->lower, p->upper) / sum;
        find_values(p, d, 0, self.points + self.n_points * self.n);
        add_corner(&self, p, backward_coefficients(p->backward, 0));
        if (bound > self.best) {
            self.best = bound;
            for (size_t j = 0; j < self.n; j++) {
                self.weight[j] = p->spec.weight[p->spec.first[d] + j] / sum;
            }
            take_row(p, sum_row, 0);
            const double margin = p->record.is_on ? p->record.margin : 0.0;
            if (prover_row_minimum(p, sum_row) > margin) {
                prover_note_sum(p, d);
                return true;
            }
        }
    }
    (void)set_weights(p, d, self.weight, self.n);
    return false;
}
