/* Do five pigeons fit into four holes? A formula written as a network. */
#include "benchmarks/models/pigeons.h"

/*
 * Input p * N_HOLES + h, in [0, 1]: pigeon p sits in hole h. With the units
 *   clause c     max(1 - sum_{i: x_i in c} x_i - sum_{i: not x_i in c} (1 -
 *                x_i), 0), which is 1 if c is false and 0 if it is true
 *   copy, step i max(x_i, 0), max(2*x_i - 1, 0)
 * the outputs are
 *   ALL      1 - all clauses: 1 if all are true
 *   WHOLE    sum_i copy_i - step_i: 0 if every x_i is 0 or 1
 *   BUT_ONE  as ALL without the clause that the last pigeon sits somewhere
 * Clauses: pigeon p sits somewhere; no two sit in the same hole.
 */
enum { N_PIGEONS = 5, N_HOLES = 4, N_INPUTS = N_PIGEONS * N_HOLES };
enum { N_PAIRS = N_PIGEONS * (N_PIGEONS - 1) / 2 };
enum { N_CLAUSES = N_PIGEONS + N_PAIRS * N_HOLES };
enum { COPY = N_CLAUSES, STEP = COPY + N_INPUTS, N_UNITS = STEP + N_INPUTS };
enum { ALL, WHOLE, BUT_ONE, N_OUTPUTS };

static double *pigeons_weight(const struct toy *toy,
                              const struct toy_node *node, size_t out,
                              size_t in)
{
    const size_t n_in = toy->nodes.data[node->source].size;
    return toy->parameters.data + node->weight_at + out * n_in + in;
}

static double *pigeons_bias(const struct toy *toy, const struct toy_node *node,
                            size_t out)
{
    return toy->parameters.data + node->bias_at + out;
}

static void pigeons_set_units(const struct toy *toy,
                              const struct toy_node *node)
{
    size_t c = N_PIGEONS;
    for (size_t p = 0; p < N_PIGEONS; p++) {
        *pigeons_bias(toy, node, p) = 1.0;
        for (size_t h = 0; h < N_HOLES; h++) {
            *pigeons_weight(toy, node, p, p * N_HOLES + h) = -1.0;
        }
        for (size_t q = 0; q < p; q++) {
            for (size_t h = 0; h < N_HOLES; h++, c++) {
                *pigeons_bias(toy, node, c) = -1.0;
                *pigeons_weight(toy, node, c, p * N_HOLES + h) = 1.0;
                *pigeons_weight(toy, node, c, q * N_HOLES + h) = 1.0;
            }
        }
    }
    for (size_t i = 0; i < N_INPUTS; i++) {
        *pigeons_weight(toy, node, COPY + i, i) = 1.0;
        *pigeons_weight(toy, node, STEP + i, i) = 2.0;
        *pigeons_bias(toy, node, STEP + i) = -1.0;
    }
}

static void pigeons_set_outputs(const struct toy *toy,
                                const struct toy_node *node)
{
    *pigeons_bias(toy, node, ALL) = 1.0;
    *pigeons_bias(toy, node, BUT_ONE) = 1.0;
    for (size_t c = 0; c < N_CLAUSES; c++) {
        *pigeons_weight(toy, node, ALL, c) = -1.0;
        *pigeons_weight(toy, node, BUT_ONE, c) =
            c == N_PIGEONS - 1 ? 0.0 : -1.0;
    }
    for (size_t i = 0; i < N_INPUTS; i++) {
        *pigeons_weight(toy, node, WHOLE, COPY + i) = 1.0;
        *pigeons_weight(toy, node, WHOLE, STEP + i) = -1.0;
    }
}

static enum status pigeons_add_rules(struct instances *instances,
                                     struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t k = 0; k < 2; k++) {
        struct family family;
        family_init(&family,
                    k == 0 ? "five pigeons do not fit into four holes"
                           : "not even four pigeons fit into four holes",
                    N_INPUTS, N_OUTPUTS, 0.0, 1.0);
        rule_forbid_both(&family.rule, k == 0 ? ALL : BUT_ONE, 1.0, WHOLE, 0.0);
        family.n_sizes = 1;
        STATUS_TRY(instances_add_rule(instances, &family, k == 0, error));
    }
cleanup:
    return status;
}

enum status pigeons_add(struct instances *instances, struct error *error)
{
    enum status status = STATUS_OK;
    struct toy toy;
    toy_init(&toy, "pigeons", (struct toy_plane){N_INPUTS, 1, 1});
    toy_add_gemm(&toy, N_UNITS);
    pigeons_set_units(&toy, toy_output(&toy));
    toy_add_relu(&toy);
    toy_add_gemm(&toy, N_OUTPUTS);
    pigeons_set_outputs(&toy, toy_output(&toy));

    STATUS_TRY(instances_add_network(instances, &toy, error));
    STATUS_TRY(pigeons_add_rules(instances, error));
cleanup:
    toy_clear(&toy);
    return status;
}
