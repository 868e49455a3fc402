/* One back-substitution per atom; projected sign-gradient search. */
#include "benchmarks/models/decide.h"

#include "benchmarks/models/backsub.h"

#include <string.h>

enum { STARTS = 24, STEPS = 40 };

struct box {
    double lower[RULE_MAX_INPUTS];
    double upper[RULE_MAX_INPUTS];
};

static void box_of_rule(struct box *box, const struct rule *rule)
{
    for (size_t i = 0; i < rule->n_inputs; i++) {
        box->lower[i] = rule_number(rule->lower[i]);
        box->upper[i] = rule_number(rule->upper[i]);
    }
}

/* A lower bound of y[plus] - y[minus] - bound over the current box. */
static double decide_atom(struct backsub *backsub, struct rule_atom atom)
{
    const bool has_plus = atom.plus != RULE_NO_OUTPUT;
    const bool has_minus = atom.minus != RULE_NO_OUTPUT;
    return backsub_minimum(backsub, toy_last(backsub->toy),
                           has_plus ? atom.plus : 0, has_plus ? 1.0 : 0.0,
                           has_minus ? atom.minus : 0, has_minus ? -1.0 : 0.0) -
           rule_number(atom.bound);
}

bool decide_holds(const struct toy *toy, const struct rule *rule)
{
    struct backsub backsub;
    struct box box = {{0.0}, {0.0}};
    bool is_proved = true;
    backsub_init(&backsub, toy);
    box_of_rule(&box, rule);
    backsub_set_box(&backsub, box.lower, box.upper);
    for (size_t d = 0; d < rule->n_conjunctions && is_proved; d++) {
        const struct rule_conjunction *const conjunction =
            &rule->conjunction[d];
        is_proved = false;
        for (size_t a = 0; a < conjunction->n_atoms && !is_proved; a++) {
            is_proved = decide_atom(&backsub, conjunction->atom[a]) > 1e-6;
        }
    }
    backsub_clear(&backsub);
    return is_proved;
}

/* How clearly an atom holds at the scores y; negative where it fails. */
static double decide_slack(struct rule_atom atom, const double *y)
{
    double slack = rule_number(atom.bound);
    slack -= atom.plus != RULE_NO_OUTPUT ? y[atom.plus] : 0.0;
    slack += atom.minus != RULE_NO_OUTPUT ? y[atom.minus] : 0.0;
    return slack;
}

/* The tightest atom of a conjunction and its slack. */
static double decide_tightest(struct rule_atom *tightest,
                              const struct rule_conjunction *conjunction,
                              const double *y)
{
    *tightest = conjunction->atom[0];
    double least = decide_slack(*tightest, y);
    for (size_t a = 1; a < conjunction->n_atoms; a++) {
        const double slack = decide_slack(conjunction->atom[a], y);
        if (slack < least) {
            least = slack;
            *tightest = conjunction->atom[a];
        }
    }
    return least;
}

/* direction = slope of the slack of one atom at the input. */
static void decide_slope(double *direction, double *slopes,
                         const struct toy *toy, const double *values,
                         struct rule_atom atom)
{
    double *const out = slopes + toy_output(toy)->offset;
    memset(out, 0, toy_output(toy)->size * sizeof *out);
    if (atom.plus != RULE_NO_OUTPUT) {
        out[atom.plus] -= 1.0;
    }
    if (atom.minus != RULE_NO_OUTPUT) {
        out[atom.minus] += 1.0;
    }
    toy_pull(slopes, NULL, toy, values);
    memcpy(direction, slopes, toy->nodes.data[0].size * sizeof *direction);
}

static double clamp(double x, double lower, double upper)
{
    return x < lower ? lower : x > upper ? upper : x;
}

/* One run of STEPS steps from x towards one conjunction. */
static double decide_climb(double *x, double *scratch, const struct toy *toy,
                           const struct rule_conjunction *conjunction,
                           const struct box *box)
{
    const size_t n = toy->nodes.data[0].size;
    double *const values = scratch;
    double *const slopes = scratch + toy->n_values;
    double direction[RULE_MAX_INPUTS] = {0.0};
    double best = -1e300;
    for (size_t step = 0; step < STEPS; step++) {
        struct rule_atom tightest;
        toy_eval(values, toy, x);
        const double slack = decide_tightest(&tightest, conjunction,
                                             values + toy_output(toy)->offset);
        best = slack > best ? slack : best;
        decide_slope(direction, slopes, toy, values, tightest);
        const double share = 0.2 * (1.0 - (double)step / (double)STEPS);
        for (size_t i = 0; i < n; i++) {
            const double sign = direction[i] > 0.0   ? share
                                : direction[i] < 0.0 ? -share
                                                     : 0.0;
            x[i] = clamp(x[i] + sign * (box->upper[i] - box->lower[i]),
                         box->lower[i], box->upper[i]);
        }
    }
    return best;
}

double decide_violation(const struct toy *toy, const struct rule *rule,
                        struct rng *rng)
{
    double *scratch;
    double x[RULE_MAX_INPUTS] = {0.0};
    struct box box = {{0.0}, {0.0}};
    double best = -1e300;
    NEW_ARRAY(scratch, 2 * toy->n_values);
    box_of_rule(&box, rule);
    for (size_t start = 0; start < STARTS; start++) {
        const size_t d = start % rule->n_conjunctions;
        for (size_t i = 0; i < rule->n_inputs; i++) {
            x[i] = rng_range(rng, box.lower[i], box.upper[i]);
        }
        const double found =
            decide_climb(x, scratch, toy, &rule->conjunction[d], &box);
        best = found > best ? found : best;
    }
    alloc_free(scratch);
    return best;
}
