/* Tensors and nodes of the parts one after the other, then what is added. */
#include "src/net/net_join.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/graph.h"
#include "src/net/operators.h"
#include "src/onnx/model_tensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum status net_add_output(struct net *net, const char *name, size_t n,
                           struct error *error)
{
    if (net->cells != NULL) {
        error_set_place(error, net->path, 0, 0);
        error_set(error, "hidden tensors of a network whose graph depends on "
                         "inputs are not supported");
        return STATUS_UNSUPPORTED;
    }
    for (size_t i = 0; i < net->nodes.n; i++) {
        const size_t number = net->nodes.data[i].output;
        struct tensor *tensor = &net->tensors[number];
        if (tensor->name != NULL && strlen(tensor->name) == n &&
            memcmp(tensor->name, name, n) == 0) {
            tensor->n_uses++;
            VEC_PUSH(&net->outputs, number);
            return STATUS_OK;
        }
    }
    error_set_place(error, net->path, 0, 0);
    error_set(error, "no node computes a tensor '%.*s'", n < 200 ? (int)n : 200,
              name);
    return STATUS_BAD_INPUT;
}

/* The network that is being put together.
 *   declared  tensors of the parts' inputs, in order */
struct join {
    struct net *net;
    VEC(size_t) declared;
};

static size_t add_tensor(struct join *join, const char *name, int type,
                         size_t n)
{
    struct net *net = join->net;
    RESIZE_ARRAY(net->tensors, net->n_tensors + 1);
    struct tensor *tensor = &net->tensors[net->n_tensors];
    *tensor = (struct tensor){.name = alloc_string(name, strlen(name)),
                              .type = type,
                              .shape = {.n_dims = 1, .dims = {n}},
                              .n = n};
    return net->n_tensors++;
}

/* A node that computes `output` from all elements of the tensors args[n]. */
static struct node make_node(struct join *join, const char *op,
                             enum node_form form, size_t output,
                             const size_t *args, size_t n)
{
    const struct tensor *tensor = &join->net->tensors[output];
    struct node node = {.op = operators_find(op),
                        .name =
                            alloc_string(tensor->name, strlen(tensor->name)),
                        .opset = 1,
                        .form = form,
                        .n_args = n,
                        .output = output};
    REQUIRE(node.op != NULL);
    NEW_ARRAY(node.args, n);
    for (size_t i = 0; i < n; i++) {
        node.args[i] = args[i];
        join->net->tensors[args[i]].n_uses++;
    }
    return node;
}

/* Moves everything out of a part; its own inputs are not listed yet. */
static void take_part(struct join *join, struct net *part)
{
    struct net *net = join->net;
    const size_t first = net->n_tensors;
    net->n_tensors += part->n_tensors;
    RESIZE_ARRAY(net->tensors, net->n_tensors);
    for (size_t i = 0; i < part->n_tensors; i++) {
        net->tensors[first + i] = part->tensors[i];
    }
    for (size_t i = 0; i < part->nodes.n; i++) {
        struct node node = part->nodes.data[i];
        node.output += first;
        for (size_t k = 0; k < node.n_args; k++) {
            node.args[k] += first;
        }
        VEC_PUSH(&net->nodes, node);
    }
    for (size_t i = 0; i < part->inputs.n; i++) {
        VEC_PUSH(&join->declared, first + part->inputs.data[i]);
    }
    for (size_t i = 0; i < part->outputs.n; i++) {
        VEC_PUSH(&net->outputs, first + part->outputs.data[i]);
    }
    part->n_tensors = 0;
    part->nodes.n = 0;
    net_destroy(part);
}

/* The inputs that remain: a tensor with tied elements is replaced by one of
 * the others. */
static void add_inputs(struct join *join, const struct net_ties *ties)
{
    size_t first = 0;
    for (size_t t = 0; t < join->declared.n; t++) {
        const size_t number = join->declared.data[t];
        const size_t n = join->net->tensors[number].n;
        size_t n_kept = n;
        for (size_t i = first; i < first + n && ties->n > 0; i++) {
            n_kept -= ties->source[i] == i ? 0 : 1;
        }
        if (n_kept == n) {
            VEC_PUSH(&join->net->inputs, number);
        } else if (n_kept > 0) {
            const int type = join->net->tensors[number].type;
            const size_t kept = add_tensor(join, "kept inputs", type, n_kept);
            VEC_PUSH(&join->net->inputs, kept);
        }
        first += n;
    }
}

static bool has_offset(const double *offset, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fpclassify(offset[i]) != FP_ZERO) {
            return true;
        }
    }
    return false;
}

/* Elements first .. of all inputs, those of tensor `number`, from those that
 * remain. */
static void add_tied(struct join *join, const struct net_ties *ties,
                     size_t number, size_t first)
{
    struct net *net = join->net;
    const size_t n = net->tensors[number].n;
    const bool is_moved = has_offset(ties->offset + first, n);
    const size_t copied =
        is_moved ? add_tensor(join, "tied inputs", net->tensors[number].type, n)
                 : number;
    struct node copy = make_node(join, "Identity", NODE_MAP, copied,
                                 net->inputs.data, net->inputs.n);
    NEW_ARRAY(copy.map, n);
    for (size_t i = 0; i < n; i++) {
        copy.map[i] = (uint32_t)ties->kept[first + i];
    }
    VEC_PUSH(&net->nodes, copy);
    if (is_moved) {
        struct node move =
            make_node(join, "Add", NODE_LINEAR, number, &copied, 1);
        move.linear.form = LINEAR_ELEMENT;
        NEW_ARRAY(move.linear.slots, 1);
        move.linear.slots[0].scale = 1.0;
        NEW_ARRAY(move.linear.bias, n);
        memcpy(move.linear.bias, ties->offset + first,
               n * sizeof *move.linear.bias);
        VEC_PUSH(&net->nodes, move);
    }
}

static bool is_input(const struct net *net, size_t number)
{
    for (size_t i = 0; i < net->inputs.n; i++) {
        if (net->inputs.data[i] == number) {
            return true;
        }
    }
    return false;
}

static void add_all_tied(struct join *join, const struct net_ties *ties)
{
    size_t first = 0;
    for (size_t t = 0; t < join->declared.n; t++) {
        const size_t number = join->declared.data[t];
        if (!is_input(join->net, number)) {
            add_tied(join, ties, number, first);
        }
        first += join->net->tensors[number].n;
    }
}

/* The products of one rank as a node over everything before them. */
static void add_rank(struct join *join, const struct net_product *products,
                     size_t n)
{
    struct net *net = join->net;
    VEC(size_t) args = {0};
    for (size_t i = 0; i < join->declared.n; i++) {
        VEC_PUSH(&args, join->declared.data[i]);
    }
    for (size_t i = 0; i < net->outputs.n; i++) {
        VEC_PUSH(&args, net->outputs.data[i]);
    }
    const size_t output = add_tensor(join, "products", MODEL_DOUBLE, n);
    struct node node =
        make_node(join, "Mul", NODE_PRODUCT, output, args.data, args.n);
    NEW_ARRAY(node.index[0], n);
    NEW_ARRAY(node.index[1], n);
    for (size_t i = 0; i < n; i++) {
        node.index[0][i] = (uint32_t)products[i].left;
        node.index[1][i] = (uint32_t)products[i].right;
    }
    VEC_PUSH(&net->nodes, node);
    net->tensors[output].n_uses++;
    VEC_PUSH(&net->outputs, output);
    VEC_CLEAR(&args);
}

static void add_products(struct join *join, const struct net_extras *extras)
{
    size_t end = 0;
    for (size_t i = 0; i < extras->n_products; i = end) {
        end = i + 1;
        while (end < extras->n_products &&
               extras->products[end].rank == extras->products[i].rank) {
            end++;
        }
        add_rank(join, extras->products + i, end - i);
    }
}

/* Path and digest. */
static void name_all(struct net *net, struct net *const *parts, size_t n)
{
    struct sha256 hash;
    size_t size = 1;
    size_t at = 0;
    sha256_init(&hash);
    for (size_t i = 0; i < n; i++) {
        sha256_add(&hash, parts[i]->digest, SHA256_BYTES);
        size += strlen(parts[i]->path) + 2;
    }
    sha256_finish(net->digest, &hash);
    if (n == 1) {
        memcpy(net->digest, parts[0]->digest, SHA256_BYTES);
    }
    NEW_ARRAY(net->path, size);
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(net->path + at, size - at, "%s%s",
                               i == 0 ? "" : ", ", parts[i]->path);
    }
}

struct net *net_join(struct net **parts, size_t n,
                     const struct net_extras *extras)
{
    struct join join = {0};
    if (n == 1 && extras->ties.n == 0 && extras->n_products == 0) {
        return parts[0];
    }
    NEW(join.net);
    name_all(join.net, parts, n);
    for (size_t i = 0; i < n; i++) {
        join.net->second = n == 2 ? join.net->nodes.n : 0;
        take_part(&join, parts[i]);
    }
    add_inputs(&join, &extras->ties);
    /* Nodes that compute inputs of the parts come before the parts' nodes. */
    const size_t n_nodes = join.net->nodes.n;
    struct node *nodes = join.net->nodes.data;
    join.net->nodes.data = NULL;
    join.net->nodes.n = 0;
    join.net->nodes.capacity = 0;
    add_all_tied(&join, &extras->ties);
    if (n == 2) {
        join.net->second += join.net->nodes.n;
        join.net->end = join.net->nodes.n + n_nodes;
    }
    for (size_t i = 0; i < n_nodes; i++) {
        VEC_PUSH(&join.net->nodes, nodes[i]);
    }
    alloc_free(nodes);
    add_products(&join, extras);
    VEC_CLEAR(&join.declared);
    return join.net;
}
