/* Boxes that grow with t, and violations as disjunctions of atoms. */
#include "benchmarks/models/rule.h"

#include "src/base/require.h"

#include <string.h>

int64_t rule_units(double x)
{
    REQUIRE(-1000.0 <= x && x <= 1000.0);
    const double scaled = x * (double)RULE_UNIT;
    return (int64_t)(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

double rule_number(int64_t units)
{
    return (double)units / (double)RULE_UNIT;
}

void family_init(struct family *family, const char *comment, size_t n_inputs,
                 size_t n_outputs, double floor, double ceiling)
{
    REQUIRE(n_inputs <= RULE_MAX_INPUTS && n_outputs <= RULE_MAX_OUTPUTS);
    memset(family, 0, sizeof *family);
    family->rule.comment = comment;
    family->rule.n_inputs = n_inputs;
    family->rule.n_outputs = n_outputs;
    family->floor = rule_units(floor);
    family->ceiling = rule_units(ceiling);
    family->version = 1;
    for (size_t i = 0; i < n_inputs; i++) {
        family->rule.lower[i] = family->floor;
        family->rule.upper[i] = family->ceiling;
    }
}

void family_set_side(struct family *family, size_t i, double lower,
                     double upper, double grow_lower, double grow_upper)
{
    family->rule.lower[i] = rule_units(lower);
    family->rule.upper[i] = rule_units(upper);
    family->grow_lower[i] = rule_units(grow_lower);
    family->grow_upper[i] = rule_units(grow_upper);
}

void family_set_ball(struct family *family, const double *x, double step)
{
    for (size_t i = 0; i < family->rule.n_inputs; i++) {
        family_set_side(family, i, x[i] - step, x[i] + step, step, step);
    }
}

void family_rule(struct rule *rule, const struct family *family, size_t t)
{
    *rule = family->rule;
    for (size_t i = 0; i < rule->n_inputs; i++) {
        rule->lower[i] -= (int64_t)t * family->grow_lower[i];
        rule->upper[i] += (int64_t)t * family->grow_upper[i];
        if (rule->lower[i] < family->floor) {
            rule->lower[i] = family->floor;
        }
        if (rule->upper[i] > family->ceiling) {
            rule->upper[i] = family->ceiling;
        }
    }
}

static void rule_add_atom(struct rule *rule, size_t plus, size_t minus,
                          int64_t bound)
{
    struct rule_conjunction *const conjunction =
        &rule->conjunction[rule->n_conjunctions - 1];
    REQUIRE(conjunction->n_atoms < RULE_MAX_OUTPUTS);
    conjunction->atom[conjunction->n_atoms++] =
        (struct rule_atom){(unsigned char)plus, (unsigned char)minus, bound};
}

static void rule_add_conjunction(struct rule *rule)
{
    REQUIRE(rule->n_conjunctions < RULE_MAX_OUTPUTS);
    rule->n_conjunctions++;
}

void rule_keep_highest(struct rule *rule, size_t output)
{
    for (size_t j = 0; j < rule->n_outputs; j++) {
        if (j != output) {
            rule_add_conjunction(rule);
            rule_add_atom(rule, output, j, 0);
        }
    }
}

void rule_keep_lowest(struct rule *rule, size_t output)
{
    for (size_t j = 0; j < rule->n_outputs; j++) {
        if (j != output) {
            rule_add_conjunction(rule);
            rule_add_atom(rule, j, output, 0);
        }
    }
}

void rule_forbid_lowest(struct rule *rule, size_t output)
{
    rule_add_conjunction(rule);
    for (size_t j = 0; j < rule->n_outputs; j++) {
        if (j != output) {
            rule_add_atom(rule, output, j, 0);
        }
    }
}

void rule_keep_below(struct rule *rule, size_t output, double limit)
{
    rule_add_conjunction(rule);
    rule_add_atom(rule, RULE_NO_OUTPUT, output, -rule_units(limit));
}

void rule_forbid_both(struct rule *rule, size_t high, double limit, size_t low,
                      double ceiling)
{
    rule_add_conjunction(rule);
    rule_add_atom(rule, RULE_NO_OUTPUT, high, -rule_units(limit));
    rule_add_atom(rule, low, RULE_NO_OUTPUT, rule_units(ceiling));
}
