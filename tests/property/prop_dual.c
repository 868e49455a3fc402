/* The dual bound lies below every value, and its gradient is its slope. */
#include "tests/ref/ref_dual.h"
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points of the box of each sample. */
enum { POINTS = 40 };

/* What floats may lose in networks of this size. */
static const double NOISE = 1e-4;

/* Draws rows of disjuncts, of ends, or of ends with atoms, one by one; false if
 * there are none. */
static bool draw(struct ref_dual *sample, size_t kind)
{
    if (kind % 3 == 0) {
        ref_dual_draw(sample);
        return true;
    }
    return ref_dual_draw_ends(sample, kind % 3 == 2);
}

START_TEST(the_bound_is_that_of_the_slow_twin)
{
    size_t n_checked[3] = {0};
    for (size_t round = 0; round < test_count(360); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        if (draw(&sample, round)) {
            dual_bound(sample.dual);
            for (size_t r = 0; r < REF_DUAL_ROWS; r++) {
                const double slow = ref_dual_bound(&sample, r);
                ck_assert_double_eq_tol(sample.dual->bound[r], slow,
                                        NOISE * (1.0 + fabs(slow)));
            }
            n_checked[round % 3]++;
        }
        ref_dual_turn_back(&sample);
        ref_dual_clear(&sample);
    }
    for (size_t kind = 0; kind < 3; kind++) {
        ck_assert_uint_gt(n_checked[kind], 50);
    }
}
END_TEST

/* Shows some neurons inactive in all rows, by their bounds. */
static void kill_neurons(struct ref_dual *sample, uint64_t one_in)
{
    struct dual *d = sample->dual;
    for (size_t i = 0; i < d->n_unstable; i++) {
        const bool is_dead = rng_below(&sample->rng, one_in) == 0;
        for (size_t r = 0; is_dead && r < REF_DUAL_ROWS; r++) {
            d->phase[r * d->n_unstable + i] = PHASE_INACTIVE | DUAL_IMPLIED;
            d->choice[r * d->n_unstable + i] = 0.0F;
        }
    }
}

/* The bounds of the packed rows beside the slow twin, the gradients beside
 * those of the matrices of the root. */
static void check_packed(struct ref_dual *sample)
{
    struct dual *d = sample->dual;
    const struct dual_pack *pack = d->pack;
    float *gradient =
        calloc(REF_DUAL_ROWS * d->n_unstable + 1, sizeof *gradient);
    dual_bound(d);
    for (size_t r = 0; r < REF_DUAL_ROWS; r++) {
        const double slow = ref_dual_bound(sample, r);
        ck_assert_double_eq_tol(d->bound[r], slow, NOISE * (1.0 + fabs(slow)));
    }
    dual_differentiate(d);
    memcpy(gradient, d->gradient,
           REF_DUAL_ROWS * d->n_unstable * sizeof *gradient);
    d->pack = &d->packs[0];
    dual_bound(d);
    dual_differentiate(d);
    for (size_t i = 0; i < REF_DUAL_ROWS * d->n_unstable; i++) {
        const double slow = (double)d->gradient[i];
        if (d->phase[i] < DUAL_IMPLIED) {
            ck_assert_double_eq_tol((double)gradient[i], slow,
                                    NOISE * (1.0 + fabs(slow)));
        }
    }
    d->pack = pack;
    free(gradient);
}

START_TEST(packed_matrices_change_no_bound)
{
    size_t n_packed = 0;
    size_t n_kept = 0;
    for (size_t round = 0; round < test_count(120); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        struct dual *d = sample.dual;
        for (size_t again = 0; again < 3; again++) {
            ref_dual_turn_back(&sample);
            if (!draw(&sample, again)) {
                continue;
            }
            ck_assert_ptr_eq(d->pack, &d->packs[0]);
            kill_neurons(&sample, 3);
            dual_pack_rows(d, 1000000);
            n_packed += d->pack == &d->packs[1] ? 1 : 0;
            check_packed(&sample);
            /* What is packed still serves where more are inactive. */
            const bool is_packed = d->pack == &d->packs[1];
            kill_neurons(&sample, 3);
            dual_pack_rows(d, 0);
            n_kept += is_packed ? 1 : 0;
            ck_assert(!is_packed || d->pack == &d->packs[1]);
            check_packed(&sample);
        }
        ref_dual_clear(&sample);
    }
    ck_assert_uint_gt(n_packed, 50);
    ck_assert_uint_gt(n_kept, 50);
}
END_TEST

/* A choice or a weight of an atom, one of the two. */
struct number {
    bool is_choice;
    float *choice;
    double *weight;
};

/* Moves a number by h; by how much really. */
static double move(const struct number *number, double h)
{
    if (!number->is_choice) {
        *number->weight += h;
        return h;
    }
    const float kept = *number->choice;
    *number->choice = kept + (float)h;
    return (double)*number->choice - (double)kept;
}

/* The difference quotient of the bound of row r for a move by h. */
static double quotient(const struct ref_dual *sample, struct number number,
                       double h, size_t r)
{
    const double before = ref_dual_bound(sample, r);
    const float choice = *number.choice;
    const double weight = *number.weight;
    const double by = move(&number, h);
    const double after = ref_dual_bound(sample, r);
    *number.choice = choice;
    *number.weight = weight;
    return (after - before) / by;
}

/* Compares a derivative with differences to both sides; true unless they show
 * a kink. */
static bool check_slope(const struct ref_dual *sample, struct number number,
                        double derivative, size_t r)
{
    const double h = 0x1p-14;
    const double up = quotient(sample, number, h, r);
    const double down = quotient(sample, number, -h, r);
    const double size = 1.0 + fabs(up) + fabs(down);
    if (fabs(up - down) > 1e-5 * size) {
        return false;
    }
    ck_assert_msg(fabs(up - derivative) < NOISE * size,
                  "derivative %g, difference %g", derivative, up);
    return true;
}

/* Slopes and multipliers of neurons, and weights or multipliers of atoms, that
 * have been checked. */
struct tally {
    size_t n_neurons;
    size_t n_literals;
    size_t n_atoms[2]; /* of disjuncts, joined */
};

/* The gradient of row r. */
static void check_gradient(struct tally *tally, struct ref_dual *sample,
                           size_t r)
{
    struct dual *d = sample->dual;
    const uint32_t of = ref_dual_joined(sample, r);
    const size_t *first = sample->spec.first;
    const size_t n_atoms = of == DUAL_ALONE ? 0 : first[of + 1] - first[of];
    const size_t n = dual_n_below(d);
    ck_assert(of == DUAL_ALONE || n == d->n_unstable);
    for (size_t i = 0; i < n; i++) {
        const size_t at = r * d->n_unstable + i;
        if (check_slope(sample, (struct number){true, &d->choice[at], d->eta},
                        (double)d->gradient[at], r)) {
            tally->n_neurons++;
            tally->n_literals += d->phase[at] != PHASE_UNSTABLE ? 1 : 0;
        }
    }
    for (size_t q = 0; q < n_atoms; q++) {
        const size_t at = r * d->most_atoms + q;
        const struct number number = {false, d->choice, &d->eta[at]};
        if (check_slope(sample, number, d->eta_gradient[at], r)) {
            tally->n_atoms[d->target > 0 ? 1 : 0]++;
        }
    }
}

START_TEST(the_gradient_is_the_slope_of_the_bound)
{
    struct tally tally = {0};
    for (size_t round = 0; round < test_count(120); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        if (draw(&sample, round)) {
            dual_bound(sample.dual);
            dual_differentiate(sample.dual);
            for (size_t r = 0; r < REF_DUAL_ROWS; r++) {
                check_gradient(&tally, &sample, r);
            }
        }
        ref_dual_turn_back(&sample);
        ref_dual_clear(&sample);
    }
    ck_assert_uint_gt(tally.n_neurons, 100);
    ck_assert_uint_gt(tally.n_literals, 30);
    ck_assert_uint_gt(tally.n_atoms[0], 30);
    ck_assert_uint_gt(tally.n_atoms[1], 30);
}
END_TEST

/* The values of all layers at x. */
struct values {
    double layer[REF_DUAL_NEURONS][REF_DUAL_NEURONS];
};

static void evaluate(struct values *values, const struct layers *layers,
                     const double *x)
{
    double *v[REF_DUAL_NEURONS];
    for (size_t k = 0; k < layers->n_layers; k++) {
        v[k] = values->layer[k];
    }
    layers_eval_all(v, layers, x);
}

/* Gives row r the phases that the neurons have at x, or none; returns the
 * weighted sum of its atoms there. */
static double set_phases(struct ref_dual *sample, size_t r, const double *x)
{
    struct dual *d = sample->dual;
    const struct spec *spec = &sample->spec;
    const struct layers *layers = sample->query->layers;
    struct values values = {{{0.0}}};
    evaluate(&values, layers, x);
    for (size_t i = 0; i < d->n_unstable; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        d->phase[r * d->n_unstable + i] =
            rng_below(&sample->rng, 2) == 0 ? PHASE_UNSTABLE
            : values.layer[neuron->source][neuron->index] > 0.0
                ? PHASE_ACTIVE
                : PHASE_INACTIVE;
    }
    double sum = 0.0;
    const size_t first = spec->first[d->disjunct[r]];
    for (size_t f = first; f < spec->first[d->disjunct[r] + 1]; f++) {
        sum += d->eta[r * d->most_atoms + f - first] *
               spec_value(spec, f, x, values.layer[layers->n_layers - 1]);
    }
    return sum;
}

START_TEST(the_bound_is_below_every_value_with_these_phases)
{
    size_t n_split = 0;
    for (size_t round = 0; round < test_count(60); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        struct dual *d = sample.dual;
        const struct query_case *c = sample.query->cases;
        double x[REF_DUAL_INPUTS] = {0.0};
        for (size_t p = 0; p < POINTS; p++) {
            ref_dual_draw(&sample);
            for (size_t j = 0; j < sample.query->layers->n_inputs; j++) {
                x[j] = rng_range(&sample.rng, c->lower_down[j], c->upper_up[j]);
            }
            const double value = set_phases(&sample, 0, x);
            dual_bound(d);
            ck_assert_double_le(d->bound[0],
                                value + NOISE * (1.0 + fabs(value)));
            d->n_rows = 1;
            dual_ascend(d, &(struct dual_effort){10, 0.0}, HUGE_VAL);
            const double after = set_phases(&sample, 0, x);
            ck_assert_double_le(d->bound[0],
                                after + NOISE * (1.0 + fabs(after)));
            n_split += d->n_unstable > 0 ? 1 : 0;
        }
        ref_dual_clear(&sample);
    }
    ck_assert_uint_gt(n_split, POINTS);
}
END_TEST

/* The sum of the atoms of a disjunct at x with the multipliers of row r; 0 if
 * there is none. */
static double sum_of_atoms(const struct ref_dual *sample, size_t r,
                           const struct values *values)
{
    const struct spec *spec = &sample->spec;
    const struct dual *d = sample->dual;
    const uint32_t of = ref_dual_joined(sample, r);
    const double *y = values->layer[d->layers->n_layers - 1];
    double sum = 0.0;
    for (size_t f = of == DUAL_ALONE ? 0 : spec->first[of];
         of != DUAL_ALONE && f < spec->first[of + 1]; f++) {
        const double eta = d->eta[r * d->most_atoms + f - spec->first[of]];
        ck_assert_double_ge(eta, 0.0);
        sum += eta * spec_value(spec, f, values->layer[0], y);
    }
    return sum;
}

/* Bounds both ends of neuron i with the default slopes and atoms of a disjunct,
 * raised by an ascent; the values are those of a point. Returns the number of
 * rows with atoms. */
static size_t check_target(struct ref_dual *sample, size_t i, uint32_t joined,
                           const struct values *values)
{
    struct dual *d = sample->dual;
    const struct dual_neuron *neuron = &d->neuron[i];
    const double z = values->layer[neuron->source][neuron->index];
    double start[2];
    size_t n_joined = 0;
    d->target = neuron->source;
    d->joined = joined;
    d->n_rows = 2;
    dual_set_row(d, 0, 2 * neuron->index);
    dual_set_row(d, 1, 2 * neuron->index + 1);
    dual_bound(d);
    memcpy(start, d->bound, sizeof start);
    dual_ascend(d, &(struct dual_effort){10, 0.0}, HUGE_VAL);
    for (size_t r = 0; r < 2; r++) {
        const bool is_upper = d->disjunct[r] % 2 == 1;
        const double atoms = sum_of_atoms(sample, r, values);
        ck_assert_uint_eq(d->disjunct[r] / 2, neuron->index);
        ck_assert_double_ge(d->bound[r], start[is_upper ? 1 : 0]);
        ck_assert_double_le(d->bound[r],
                            (is_upper ? -z : z) + atoms +
                                NOISE * (1.0 + fabs(z) + fabs(atoms)));
        n_joined += fabs(atoms) > 0.0 ? 1 : 0;
    }
    ref_dual_turn_back(sample);
    return n_joined;
}

START_TEST(the_ends_of_neurons_enclose_their_values)
{
    size_t n_checked = 0;
    size_t n_joined = 0;
    for (size_t round = 0; round < test_count(60); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        const struct layers *layers = sample.query->layers;
        const struct query_case *c = sample.query->cases;
        double x[REF_DUAL_INPUTS] = {0.0};
        struct values values;
        for (size_t j = 0; j < layers->n_inputs; j++) {
            x[j] = rng_below(&sample.rng, 2) == 0 ? c->lower_down[j]
                                                  : c->upper_up[j];
        }
        evaluate(&values, layers, x);
        for (size_t i = 0; i < sample.dual->n_unstable; i++) {
            const struct dual_neuron *neuron = &sample.dual->neuron[i];
            if (layers->layer[neuron->source].kind == LAYER_AFFINE) {
                (void)check_target(&sample, i, DUAL_ALONE, &values);
                n_joined += check_target(&sample, i, 0, &values);
                n_checked++;
            }
        }
        ref_dual_clear(&sample);
    }
    ck_assert_uint_gt(n_checked, 60);
    ck_assert_uint_gt(n_joined, 60);
}
END_TEST

/* An ascent to a goal between what both ends of neuron i start from leaves them
 * there, as one of them is above it. */
static bool check_twins(struct dual *d, size_t i)
{
    double start[2];
    d->target = d->neuron[i].source;
    d->n_rows = 2;
    for (uint32_t r = 0; r < 2; r++) {
        dual_set_row(d, r, 2 * d->neuron[i].index + r);
    }
    dual_bound(d);
    memcpy(start, d->bound, sizeof start);
    const double goal = 0.5 * start[0] + 0.5 * start[1];
    dual_ascend(d, &(struct dual_effort){10, 0.0}, goal);
    const bool is_one_above = start[0] > goal || start[1] > goal;
    for (size_t r = 0; r < 2 && is_one_above; r++) {
        ck_assert(fabs(d->bound[r] - start[d->disjunct[r] % 2]) <= 0.0);
    }
    d->target = 0;
    return is_one_above;
}

START_TEST(an_end_above_the_goal_stops_the_other_one)
{
    size_t n_checked = 0;
    for (size_t round = 0; round < test_count(60); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        struct dual *d = sample.dual;
        for (size_t i = 0; i < d->n_unstable; i++) {
            const size_t source = d->neuron[i].source;
            if (sample.query->layers->layer[source].kind == LAYER_AFFINE) {
                n_checked += check_twins(d, i) ? 1 : 0;
            }
        }
        ref_dual_clear(&sample);
    }
    ck_assert_uint_gt(n_checked, 60);
}
END_TEST

/* An ascent of the rows at hand never ends below their start, and its bounds are
 * those of the choices it returns. Returns the number of bounds raised. */
static size_t check_ascent(struct dual *d)
{
    double start[REF_DUAL_ROWS];
    double best[REF_DUAL_ROWS];
    size_t n_raised = 0;
    dual_bound(d);
    memcpy(start, d->bound, d->n_rows * sizeof *start);
    dual_ascend(d, &(struct dual_effort){30, 0.0}, HUGE_VAL);
    memcpy(best, d->bound, d->n_rows * sizeof *best);
    dual_bound(d);
    for (size_t r = 0; r < d->n_rows; r++) {
        ck_assert_double_ge(best[r], start[r]);
        ck_assert_double_le(fabs(d->bound[r] - best[r]),
                            1e-9 * (1.0 + fabs(best[r])));
        n_raised += best[r] > start[r] + 1e-6 ? 1 : 0;
    }
    return n_raised;
}

START_TEST(the_ascent_never_ends_below_its_start)
{
    size_t n_raised[3] = {0};
    for (size_t round = 0; round < test_count(180); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        if (draw(&sample, round)) {
            sample.dual->n_rows = 1;
            n_raised[round % 3] += check_ascent(sample.dual);
        }
        ref_dual_turn_back(&sample);
        ref_dual_clear(&sample);
    }
    for (size_t kind = 0; kind < 3; kind++) {
        ck_assert_uint_gt(n_raised[kind], 3);
    }
}
END_TEST

/* The slow twin: children as rows of their own. */
static void check_child(struct dual *d, uint32_t id, const double fast[2])
{
    const size_t n = d->n_unstable;
    for (size_t r = 1; r <= 2; r++) {
        dual_copy_row(d, r, 0);
        d->phase[r * n + id] = r == 2 ? PHASE_ACTIVE : PHASE_INACTIVE;
        d->choice[r * n + id] = 0.0F;
    }
    d->n_rows = 3;
    dual_bound(d);
    const double size = NOISE * (1.0 + fabs(d->bound[0]));
    ck_assert_double_eq_tol(fast[0], d->bound[1], size);
    ck_assert_double_eq_tol(fast[1], d->bound[2], size);
}

START_TEST(children_have_the_bounds_of_rows_of_their_own)
{
    size_t n_checked = 0;
    size_t n_together = 0;
    for (size_t round = 0; round < test_count(240); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        struct dual *d = sample.dual;
        double fast[DUAL_CHILDREN][2];
        uint32_t ids[DUAL_CHILDREN];
        size_t n = 0;
        ref_dual_draw(&sample);
        for (uint32_t id = 0; id < d->n_unstable; id++) {
            if (d->phase[id] == PHASE_UNSTABLE) {
                ids[n++] = id;
            }
            if (n == 0 || (n < DUAL_CHILDREN && id + 1 < d->n_unstable)) {
                continue;
            }
            d->n_rows = 1;
            dual_bound(d);
            dual_bound_children(d, ids, n, fast);
            n_together += n > 1 ? 1 : 0;
            n_checked += n;
            for (; n > 0; n--) {
                check_child(d, ids[n - 1], fast[n - 1]);
            }
        }
        ref_dual_clear(&sample);
    }
    ck_assert_uint_gt(n_checked, 100);
    ck_assert_uint_gt(n_together, 10);
}
END_TEST

START_TEST(evaluations_agree_with_those_of_the_layers)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct ref_dual sample;
        ref_dual_init(&sample, round);
        const struct layers *layers = sample.query->layers;
        const struct query_case *c = sample.query->cases;
        double x[REF_DUAL_INPUTS] = {0.0};
        double fast[REF_DUAL_NEURONS] = {0.0};
        double slow[REF_DUAL_NEURONS] = {0.0};
        for (size_t p = 0; p < POINTS; p++) {
            for (size_t j = 0; j < layers->n_inputs; j++) {
                x[j] = rng_range(&sample.rng, c->lower_down[j], c->upper_up[j]);
            }
            dual_eval(sample.dual, fast, x);
            layers_eval(slow, layers, x);
            for (size_t i = 0; i < layers->n_outputs; i++) {
                ck_assert_double_eq_tol(fast[i], slow[i],
                                        1e-9 * (1.0 + fabs(slow[i])));
            }
        }
        ref_dual_clear(&sample);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("dual");
    tcase_add_test(cases, the_ends_of_neurons_enclose_their_values);
    tcase_add_test(cases, the_bound_is_that_of_the_slow_twin);
    tcase_add_test(cases, packed_matrices_change_no_bound);
    tcase_add_test(cases, the_gradient_is_the_slope_of_the_bound);
    tcase_add_test(cases, the_bound_is_below_every_value_with_these_phases);
    tcase_add_test(cases, children_have_the_bounds_of_rows_of_their_own);
    tcase_add_test(cases, evaluations_agree_with_those_of_the_layers);
    tcase_add_test(cases, an_end_above_the_goal_stops_the_other_one);
    tcase_add_test(cases, the_ascent_never_ends_below_its_start);
    return cases;
}
