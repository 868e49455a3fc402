/* Operators that multiply their input by a gate, and quotients of functions:
 * FORMAT.md, "Numbers of the network".
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

/* weight * x + bias. */
static const uint32_t *add_affine(struct check_builder *b, const uint32_t *x,
                                  double weight, double bias, size_t n)
{
    return check_add_sum(b, (struct check_part_of){x, weight, NULL},
                         (struct check_part_of){0}, bias, n);
}

/* x * (relu(x + 3) - relu(x - 3)) / 6. */
void check_build_hard_swish(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    const uint32_t *above = add_affine(b, x.map, 1.0, 3.0, x.n);
    const struct check_part_of lower = {
        check_add_neurons(b, CHECK_RELU, above, x.n), 1.0, NULL};
    const uint32_t *below = add_affine(b, x.map, 1.0, -3.0, x.n);
    const struct check_part_of upper = {
        check_add_neurons(b, CHECK_RELU, below, x.n), -1.0, NULL};
    const uint32_t *gate = check_add_sum(b, lower, upper, 0.0, x.n);
    double *six = check_arena_alloc(&b->arena, x.n, sizeof *six);
    for (size_t i = 0; i < x.n; i++) {
        six[i] = 6.0;
    }
    output->map = check_add_quotients(b, check_add_product(b, x.map, gate, x.n),
                                      six, x.n);
}

/* Swish: x * sigmoid(alpha * x); Mish: x * tanh(softplus(x)). */
void check_build_gate(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    const uint32_t *gate = NULL;
    if (strcmp(b->node->op, "Swish") == 0) {
        gate = check_add_curve(
            b, CHECK_SIGMOID,
            add_affine(b, x.map, check_real(b, "alpha", 1.0), 0.0, x.n), x.n);
    } else {
        gate = check_add_curve(
            b, CHECK_TANH, check_add_curve(b, CHECK_SOFTPLUS, x.map, x.n), x.n);
    }
    output->map = check_add_product(b, x.map, gate, x.n);
}

/* Softsign: x / (1 + |x|); Tan: sin(x) / cos(x). */
void check_build_quotient(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    const uint32_t *above = x.map;
    const uint32_t *below = NULL;
    if (strcmp(b->node->op, "Tan") == 0) {
        above = check_add_curve(b, CHECK_SIN, x.map, x.n);
        below = check_add_curve(b, CHECK_COS, x.map, x.n);
    } else {
        const struct check_part_of relu = {
            check_add_neurons(b, CHECK_RELU, x.map, x.n), 2.0, NULL};
        below = check_add_sum(
            b, relu, (struct check_part_of){x.map, -1.0, NULL}, 1.0, x.n);
    }
    const uint32_t *inverse = check_add_curve(b, CHECK_RECIPROCAL, below, x.n);
    output->map = check_add_product(b, above, inverse, x.n);
}
