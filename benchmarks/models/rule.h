/* A property: input box and the scores that would violate it. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_RULE_H
#define ASTROLABE_BENCHMARKS_MODELS_RULE_H

#include <stddef.h>
#include <stdint.h>

enum { RULE_MAX_INPUTS = 64, RULE_MAX_OUTPUTS = 10, RULE_NO_OUTPUT = 255 };

/* Numbers in a property are whole multiples of 1 / RULE_UNIT, so that the
 * text, the generator and every reader mean the same number. */
enum { RULE_UNIT = 1000000 };

/* y[plus] - y[minus] <= bound / RULE_UNIT; RULE_NO_OUTPUT drops a side. */
struct rule_atom {
    unsigned char plus;
    unsigned char minus;
    int64_t bound;
};

struct rule_conjunction {
    size_t n_atoms;
    struct rule_atom atom[RULE_MAX_OUTPUTS];
};

/*
 * The property is violated where lower <= x <= upper (in units) and all
 * atoms of at least one conjunction hold.
 */
struct rule {
    const char *comment;
    size_t n_inputs;
    size_t n_outputs;
    int64_t lower[RULE_MAX_INPUTS];
    int64_t upper[RULE_MAX_INPUTS];
    size_t n_conjunctions;
    struct rule_conjunction conjunction[RULE_MAX_OUTPUTS];
};

/*
 * A rule that gets harder: at size t = 0 .. n_sizes-1 the box is
 *   [max(lower - t*grow_lower, floor), min(upper + t*grow_upper, ceiling)].
 * margin        a point violates it clearly if every atom of a conjunction
 *               is slack by this much
 * hard_percent  where between the largest size that linear bounds prove and
 *               the smallest one violated at all the harder true rule
 *               lies; a choice that was confirmed by an exact search
 * version       of VNN-LIB, 1 or 2
 */
struct family {
    struct rule rule;
    int64_t grow_lower[RULE_MAX_INPUTS];
    int64_t grow_upper[RULE_MAX_INPUTS];
    int64_t floor;
    int64_t ceiling;
    size_t n_sizes;
    double margin;
    size_t hard_percent;
    int version;
};

/* The nearest multiple of 1 / RULE_UNIT, in units; |x| <= 1000. */
int64_t rule_units(double x);
double rule_number(int64_t units);

/* Starts a family: no conjunction, the box [floor, ceiling] everywhere. */
void family_init(struct family *family, const char *comment, size_t n_inputs,
                 size_t n_outputs, double floor, double ceiling);

/* The box side of one input and by how much it grows per size. */
void family_set_side(struct family *family, size_t i, double lower,
                     double upper, double grow_lower, double grow_upper);

/* A ball (maximum norm) around x of radius `step` at size 0, growing by
 * `step`. */
void family_set_ball(struct family *family, const double *x, double step);

/* The rule at size t. */
void family_rule(struct rule *rule, const struct family *family, size_t t);

/* Violated if some other score is at least as high (as low). */
void rule_keep_highest(struct rule *rule, size_t output);
void rule_keep_lowest(struct rule *rule, size_t output);

/* Violated if the score is at most as high as every other one. */
void rule_forbid_lowest(struct rule *rule, size_t output);

/* Violated if the score reaches `limit` or more. */
void rule_keep_below(struct rule *rule, size_t output, double limit);

/* Violated if the score `high` reaches `limit` or more while the score `low`
 * is `ceiling` or less. */
void rule_forbid_both(struct rule *rule, size_t high, double limit, size_t low,
                      double ceiling);

#endif
