/* Forward pass in nearest double, or as a runtime does it in float32. */
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/cells.h"
#include "src/net/exact.h"
#include "src/net/graph.h"
#include "src/net/linear.h"

#include <math.h>
#include <string.h>

/* How one operator computes: with doubles, or with the element type. */
enum arithmetic { ARITHMETIC_DOUBLE, ARITHMETIC_FLOAT };

/* Values of all tensors; those of constants are NULL. */
struct pass {
    const struct net *net;
    bool is_typed; /* float32 tensors hold float32 values */
    double *block;
    double **values;
};

static double dot_double(double sum, const struct linear_row *row,
                         const double *x)
{
    const double *from = x + row->offset;
    for (size_t k = 0; k < row->n; k++) {
        const size_t at = row->column == NULL ? k : row->column[k];
        sum += row->weight[k] * from[at * row->stride];
    }
    return sum;
}

/* Products and sums rounded to float32, in index order. */
static float dot_float(float sum, const struct linear_row *row, const double *x)
{
    const double *from = x + row->offset;
    for (size_t k = 0; k < row->n; k++) {
        const size_t at = row->column == NULL ? k : row->column[k];
        sum += (float)row->weight[k] * (float)from[at * row->stride];
    }
    return sum;
}

static double linear_double(const struct node *node, struct linear_row *row,
                            const struct pass *pass, size_t i)
{
    const struct linear *linear = &node->linear;
    double sum = 0.0;
    for (size_t slot = 0; slot < node->n_args; slot++) {
        linear_get_row(row, node, slot, i);
        sum = dot_double(sum, row, pass->values[node->args[slot]]);
    }
    sum += linear->bias == NULL ? 0.0 : linear->bias[i];
    return linear->divisor == NULL ? sum : sum / linear->divisor[i];
}

static double linear_float(const struct node *node, struct linear_row *row,
                           const struct pass *pass, size_t i)
{
    const struct linear *linear = &node->linear;
    float sum = 0.0F;
    for (size_t slot = 0; slot < node->n_args; slot++) {
        linear_get_row(row, node, slot, i);
        sum = dot_float(sum, row, pass->values[node->args[slot]]);
    }
    sum += linear->bias == NULL ? 0.0F : (float)linear->bias[i];
    return (double)(linear->divisor == NULL ? sum
                                            : sum / (float)linear->divisor[i]);
}

static void eval_linear(double *y, const struct node *node,
                        const struct pass *pass, size_t n,
                        enum arithmetic arithmetic)
{
    struct linear_row row = {0};
    for (size_t i = 0; i < n; i++) {
        y[i] = arithmetic == ARITHMETIC_FLOAT
                   ? linear_float(node, &row, pass, i)
                   : linear_double(node, &row, pass, i);
    }
    linear_row_clear(&row);
}

/* Element k of the arguments one after the other, then the pool. */
static double part(const struct node *node, const struct pass *pass, size_t k)
{
    for (size_t slot = 0; slot < node->n_args; slot++) {
        const size_t n = pass->net->tensors[node->args[slot]].n;
        if (k < n) {
            return pass->values[node->args[slot]][k];
        }
        k -= n;
    }
    REQUIRE(k < node->n_pool);
    return node->pool[k];
}

/* Place in element[] of the extreme of set i. */
static size_t find_extreme(const struct node *node, const struct pass *pass,
                           size_t i)
{
    const struct sets *sets = &node->sets;
    const double sign = sets->is_least ? -1.0 : 1.0;
    size_t best = sets->start[i];
    double most = sign * part(node, pass, sets->element[best]);
    for (size_t k = best + 1; k < sets->start[i + 1]; k++) {
        const double value = sign * part(node, pass, sets->element[k]);
        if (value > most || (sets->is_last && value >= most)) {
            most = value;
            best = k;
        }
    }
    return best;
}

static double scale_factor(const struct scaling *scaling, size_t i)
{
    return scaling->scale[i] / sqrt(scaling->variance[i] + scaling->epsilon);
}

/* Element i of a node that picks among or multiplies elements. */
static double eval_element(const struct node *node, const struct pass *pass,
                           size_t i)
{
    if (node->form == NODE_PRODUCT) {
        return part(node, pass, node->index[0][i]) *
               part(node, pass, node->index[1][i]);
    }
    if (node->form == NODE_CHOOSE) {
        const bool is_true = !is_zero(part(node, pass, node->index[0][i]));
        return part(node, pass, node->index[is_true ? 1 : 2][i]);
    }
    const size_t best = find_extreme(node, pass, i);
    return node->form == NODE_ARG_MAX
               ? (double)(best - node->sets.start[i])
               : part(node, pass, node->sets.element[best]);
}

/* Element i of a node that takes element i of its argument. */
static double eval_single(const struct node *node, double x, size_t i)
{
    if (node->form == NODE_RELU) {
        return x > 0.0 ? x : 0.0;
    }
    if (node->form == NODE_CLIP) {
        return fmin(fmax(x, node->lowest), node->highest);
    }
    return node->form == NODE_SCALE ? x * scale_factor(&node->scaling, i)
                                    : activation_value(node->activation, x);
}

static void eval_map(double *y, const struct node *node,
                     const struct pass *pass, size_t n)
{
    const double *first =
        node->n_args == 1 ? pass->values[node->args[0]] : NULL;
    const size_t n_first =
        node->n_args == 1 ? pass->net->tensors[node->args[0]].n : 0;
    if (node->map == NULL && first != NULL) {
        memcpy(y, first, n * sizeof *y);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t k = node->map == NULL ? i : node->map[i];
        y[i] = first != NULL && k < n_first ? first[k] : part(node, pass, k);
    }
}

static void eval_node(const struct pass *pass, const struct node *node)
{
    const struct tensor *output = &pass->net->tensors[node->output];
    const enum arithmetic arithmetic =
        pass->is_typed && output->type == MODEL_FLOAT ? ARITHMETIC_FLOAT
                                                      : ARITHMETIC_DOUBLE;
    double *y = pass->values[node->output];
    const double *x = node->n_args == 0 ? NULL : pass->values[node->args[0]];
    REQUIRE(x != NULL || node->form == NODE_MAP);
    switch (node->form) {
    case NODE_MAP:
        eval_map(y, node, pass, output->n);
        break;
    case NODE_LINEAR:
        eval_linear(y, node, pass, output->n, arithmetic);
        break;
    case NODE_RELU:
    case NODE_CLIP:
    case NODE_FUNCTION:
    case NODE_SCALE:
        for (size_t i = 0; i < output->n; i++) {
            y[i] = eval_single(node, x[i], i);
        }
        break;
    case NODE_PRODUCT:
    case NODE_EXTREME:
    case NODE_CHOOSE:
    case NODE_ARG_MAX:
        for (size_t i = 0; i < output->n; i++) {
            y[i] = eval_element(node, pass, i);
        }
        break;
    }
    for (size_t i = 0; i < output->n && arithmetic == ARITHMETIC_FLOAT; i++) {
        y[i] = (double)(float)y[i];
    }
}

static void start(struct pass *pass, const struct net *net)
{
    size_t n = 0;
    pass->net = net;
    for (size_t i = 0; i < net->n_tensors; i++) {
        n += net->tensors[i].is_constant ? 0 : net->tensors[i].n;
    }
    NEW_ARRAY(pass->block, n);
    NEW_ARRAY(pass->values, net->n_tensors);
    n = 0;
    for (size_t i = 0; i < net->n_tensors; i++) {
        if (!net->tensors[i].is_constant) {
            pass->values[i] = pass->block + n;
            n += net->tensors[i].n;
        }
    }
}

static void run(double *y, struct pass *pass, const double *x)
{
    const struct net *net = pass->net;
    for (size_t i = 0; i < net->inputs.n; i++) {
        const struct tensor *input = &net->tensors[net->inputs.data[i]];
        memcpy(pass->values[net->inputs.data[i]], x, input->n * sizeof *x);
        x += input->n;
    }
    for (size_t i = 0; i < net->nodes.n; i++) {
        eval_node(pass, &net->nodes.data[i]);
    }
    for (size_t i = 0; i < net->outputs.n; i++) {
        const struct tensor *output = &net->tensors[net->outputs.data[i]];
        memcpy(y, pass->values[net->outputs.data[i]], output->n * sizeof *y);
        y += output->n;
    }
    alloc_free(pass->block);
    alloc_free(pass->values);
}

/* In binary64; of a network whose graph depends on no inputs. */
static void eval_ordinary_f64(double *y, const struct net *net, const double *x)
{
    struct pass pass = {.is_typed = false};
    start(&pass, net);
    run(y, &pass, x);
}

enum status net_eval_f64(double *y, const struct net *net, const double *x,
                         struct error *error)
{
    struct net *at = NULL;
    if (net->cells == NULL) {
        eval_ordinary_f64(y, net, x);
        return STATUS_OK;
    }
    const enum status status = cells_at_point(&at, net, x, error);
    if (status == STATUS_OK) {
        eval_ordinary_f64(y, at, x);
    }
    net_destroy(at);
    return status;
}

/* The values of a network whose graph depends on no inputs. */
static enum status eval_ordinary_f32(double *y, const struct net *net,
                                     const double *x, struct error *error)
{
    struct pass pass = {.is_typed = true};
    size_t at = 0;
    for (size_t k = 0; k < net->inputs.n; k++) {
        const struct tensor *input = &net->tensors[net->inputs.data[k]];
        for (size_t i = 0; i < input->n; i++, at++) {
            const bool is_float = isfinite(x[at]) && fabs(x[at]) < 0x1p+128 &&
                                  !islessgreater((double)(float)x[at], x[at]);
            if (input->type == MODEL_FLOAT && !is_float) {
                error_set_place(error, net->path, 0, 0);
                error_set(error, "input %zu is not a float32 number", at);
                return STATUS_BAD_INPUT;
            }
        }
    }
    start(&pass, net);
    run(y, &pass, x);
    return STATUS_OK;
}

enum status net_eval_f32(double *y, const struct net *net, const double *x,
                         struct error *error)
{
    struct net *at = NULL;
    if (net->cells == NULL) {
        return eval_ordinary_f32(y, net, x, error);
    }
    enum status status = cells_at_point(&at, net, x, error);
    if (status == STATUS_OK) {
        status = eval_ordinary_f32(y, at, x, error);
    }
    net_destroy(at);
    return status;
}
