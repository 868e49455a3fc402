/* c*relu(x) >= c*(slope*x + intercept) on [l, u], node by node backwards. */
#include "benchmarks/models/backsub.h"

#include <string.h>

void backsub_init(struct backsub *backsub, const struct toy *toy)
{
    backsub->toy = toy;
    NEW_ARRAY(backsub->lower, toy->n_values);
    NEW_ARRAY(backsub->upper, toy->n_values);
    NEW_ARRAY(backsub->row, toy->n_values);
}

void backsub_clear(struct backsub *backsub)
{
    alloc_free(backsub->lower);
    alloc_free(backsub->upper);
    alloc_free(backsub->row);
    memset(backsub, 0, sizeof *backsub);
}

/* Replaces c*relu(x), l <= x <= u, by slope*x + the returned constant. */
static double backsub_relu(double *slope, double c, double l, double u)
{
    if (l >= 0.0) {
        *slope += c;
        return 0.0;
    }
    if (u <= 0.0) {
        return 0.0;
    }
    if (c >= 0.0) {
        *slope += u > -l ? c : 0.0;
        return 0.0;
    }
    const double line = u / (u - l);
    *slope += c * line;
    return -c * line * l;
}

/* Moves the row from one node to its sources; returns the constant part. */
static double backsub_step(struct backsub *backsub, const struct toy_node *node)
{
    const struct toy *const toy = backsub->toy;
    const size_t source = toy->nodes.data[node->source].offset;
    const double *const row = backsub->row + node->offset;
    double *const in = backsub->row + source;
    double *const other = backsub->row + toy->nodes.data[node->other].offset;
    double total = 0.0;

    if (node->n_weights > 0) {
        toy_node_pull(in, toy, node, row);
    }
    for (size_t i = 0; i < node->size; i++) {
        if (node->n_weights > 0) {
            total += row[i] * toy_node_bias(toy, node, i);
        } else if (node->kind == TOY_SUM) {
            in[i] += row[i];
            other[i] += row[i];
        } else {
            total += backsub_relu(in + i, row[i], backsub->lower[source + i],
                                  backsub->upper[source + i]);
        }
    }
    return total;
}

double backsub_minimum(struct backsub *backsub, size_t node, size_t i,
                       double plus, size_t j, double minus)
{
    const struct toy *const toy = backsub->toy;
    const struct toy_node *const nodes = toy->nodes.data;
    double *const row = backsub->row;
    memset(row, 0, (nodes[node].offset + nodes[node].size) * sizeof *row);
    row[nodes[node].offset + i] += plus;
    row[nodes[node].offset + j] += minus;

    double total = 0.0;
    for (size_t k = node; k > 0; k--) {
        total += backsub_step(backsub, &nodes[k]);
    }
    for (size_t x = 0; x < nodes[0].size; x++) {
        total +=
            row[x] * (row[x] > 0.0 ? backsub->lower[x] : backsub->upper[x]);
    }
    return total;
}

void backsub_set_box(struct backsub *backsub, const double *lower,
                     const double *upper)
{
    const struct toy_node *const nodes = backsub->toy->nodes.data;
    memcpy(backsub->lower, lower, nodes[0].size * sizeof *lower);
    memcpy(backsub->upper, upper, nodes[0].size * sizeof *upper);
    for (size_t k = 1; k < backsub->toy->nodes.n; k++) {
        if (nodes[k].kind != TOY_RELU) {
            continue;
        }
        const size_t source = nodes[k].source;
        const size_t at = nodes[source].offset;
        for (size_t i = 0; i < nodes[k].size; i++) {
            backsub->lower[at + i] =
                backsub_minimum(backsub, source, i, 1.0, i, 0.0);
            backsub->upper[at + i] =
                -backsub_minimum(backsub, source, i, -1.0, i, 0.0);
        }
    }
}
