/* Forward pass in intervals of doubles, every end rounded outward. */
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/cells.h"
#include "src/net/exact.h"
#include "src/net/graph.h"
#include "src/net/linear.h"
#include "src/num/interval.h"
#include "src/num/rational.h"
#include "src/num/transcend.h"

#include <math.h>
#include <string.h>

enum { BITS = 96 };

struct ends {
    double *lower;
    double *upper;
};

/* Ends of all tensors; those of constants are NULL. */
struct pass {
    const struct net *net;
    struct ends *values;
    mpq_t a; /* for the function at hand */
    mpq_t b;
};

/* An interval on its way. */
struct range {
    double lower;
    double upper;
};

static struct range hull(struct range a, struct range b)
{
    return (struct range){fmin(a.lower, b.lower), fmax(a.upper, b.upper)};
}

/* Products of all ends; 0 times an infinity is 0, as the end is a limit. */
static struct range multiply(struct range a, struct range b)
{
    const double x[2] = {a.lower, a.upper};
    const double y[2] = {b.lower, b.upper};
    struct range product = {HUGE_VAL, -HUGE_VAL};
    for (size_t corner = 0; corner < 4; corner++) {
        const double u = x[corner / 2];
        const double v = y[corner % 2];
        const double w = is_zero(u) || is_zero(v) ? 0.0 : u * v;
        const bool is_exact = is_exact_product(u, v);
        product.lower = fmin(product.lower, is_exact ? w : interval_down(w));
        product.upper = fmax(product.upper, is_exact ? w : interval_up(w));
    }
    return product;
}

/* x / d for a number d that is not 0. */
static struct range divide(struct range x, double d)
{
    const double a = d > 0.0 ? x.lower / d : x.upper / d;
    const double b = d > 0.0 ? x.upper / d : x.lower / d;
    const double from_a = d > 0.0 ? x.lower : x.upper;
    const double from_b = d > 0.0 ? x.upper : x.lower;
    const bool is_exact_a = is_exact_product(a, d) && is_equal(a * d, from_a);
    const bool is_exact_b = is_exact_product(b, d) && is_equal(b * d, from_b);
    return (struct range){is_exact_a ? a : interval_down(a),
                          is_exact_b ? b : interval_up(b)};
}

/* Sums in progress: nearest values, the sum of sizes and the terms. */
struct sum {
    struct range total;
    double size;
    size_t n;
    bool is_exact; /* so far no end was rounded */
};

static void add_term(struct sum *sum, double weight, struct range x)
{
    const double low = weight * (weight > 0.0 ? x.lower : x.upper);
    const double high = weight * (weight > 0.0 ? x.upper : x.lower);
    if (is_zero(weight)) {
        return;
    }
    sum->is_exact = sum->is_exact && is_exact_product(weight, x.lower) &&
                    is_exact_product(weight, x.upper) &&
                    is_exact_sum(sum->total.lower, low) &&
                    is_exact_sum(sum->total.upper, high);
    sum->total.lower += low;
    sum->total.upper += high;
    sum->size += fmax(fabs(low), fabs(high));
    sum->n++;
}

/* Ends of the real sum: twice the bound of interval_gamma covers the rounded
 * sum of sizes as well. */
static struct range finish_sum(const struct sum *sum)
{
    const double error = 2.0 * interval_gamma(sum->n + 2) * sum->size +
                         2.0 * (double)(sum->n + 1) * INTERVAL_LEAST;
    if (sum->is_exact) {
        return sum->total;
    }
    return (struct range){interval_down(sum->total.lower - interval_up(error)),
                          interval_up(sum->total.upper + interval_up(error))};
}

static void eval_linear(struct ends *y, const struct node *node,
                        const struct pass *pass, size_t n)
{
    const struct linear *linear = &node->linear;
    struct linear_row row = {0};
    for (size_t i = 0; i < n; i++) {
        struct sum sum = {{0.0, 0.0}, 0.0, 0, true};
        for (size_t slot = 0; slot < node->n_args; slot++) {
            const struct ends *x = &pass->values[node->args[slot]];
            linear_get_row(&row, node, slot, i);
            for (size_t k = 0; k < row.n; k++) {
                const size_t at = row.column == NULL ? k : row.column[k];
                const size_t place = row.offset + at * row.stride;
                const struct range from = {x->lower[place], x->upper[place]};
                add_term(&sum, row.weight[k], from);
            }
        }
        const struct range one = {1.0, 1.0};
        if (linear->bias != NULL) {
            add_term(&sum, linear->bias[i], one);
        }
        struct range end = finish_sum(&sum);
        if (linear->divisor != NULL) {
            end = divide(end, linear->divisor[i]);
        }
        y->lower[i] = end.lower;
        y->upper[i] = end.upper;
    }
    linear_row_clear(&row);
}

/* Element k of the arguments one after the other, then the pool. */
static struct range part(const struct node *node, const struct pass *pass,
                         size_t k)
{
    for (size_t slot = 0; slot < node->n_args; slot++) {
        const size_t n = pass->net->tensors[node->args[slot]].n;
        if (k < n) {
            const struct ends *x = &pass->values[node->args[slot]];
            return (struct range){x->lower[k], x->upper[k]};
        }
        k -= n;
    }
    REQUIRE(k < node->n_pool);
    return (struct range){node->pool[k], node->pool[k]};
}

static bool enclose_by_mpfr(struct range *y, struct pass *pass,
                            enum transcend function, struct range x)
{
    if (!isfinite(x.lower) || !isfinite(x.upper)) {
        return false;
    }
    rational_set_double(pass->a, x.lower);
    rational_set_double(pass->b, x.upper);
    if (!transcend_enclose(pass->a, pass->b, function, pass->a, pass->b,
                           BITS)) {
        return false;
    }
    *y = (struct range){rational_down(pass->a), rational_up(pass->b)};
    return true;
}

static bool enclose_reciprocal(struct range *y, struct range x)
{
    if (!(x.lower > 0.0) && !(x.upper < 0.0)) {
        return false;
    }
    *y = (struct range){divide((struct range){1.0, 1.0}, x.upper).lower,
                        divide((struct range){1.0, 1.0}, x.lower).upper};
    return true;
}

static struct range square(struct range x)
{
    const struct range size = {x.lower > 0.0 ? x.lower
                                             : (x.upper < 0.0 ? -x.upper : 0.0),
                               fmax(fabs(x.lower), fabs(x.upper))};
    return multiply(size, size);
}

/* False if the function may have no value. */
static bool enclose(struct range *y, struct pass *pass,
                    enum activation activation, struct range x)
{
    switch (activation) {
    case ACTIVATION_SIGN:
    case ACTIVATION_FLOOR:
        *y = (struct range){activation_value(activation, x.lower),
                            activation_value(activation, x.upper)};
        return true;
    case ACTIVATION_SQUARE:
        *y = square(x);
        return true;
    case ACTIVATION_RECIPROCAL:
        return enclose_reciprocal(y, x);
    case ACTIVATION_SIGMOID:
        return enclose_by_mpfr(y, pass, TRANSCEND_SIGMOID, x);
    case ACTIVATION_TANH:
        return enclose_by_mpfr(y, pass, TRANSCEND_TANH, x);
    case ACTIVATION_SOFTPLUS:
        return enclose_by_mpfr(y, pass, TRANSCEND_SOFTPLUS, x);
    case ACTIVATION_ERF:
        return enclose_by_mpfr(y, pass, TRANSCEND_ERF, x);
    case ACTIVATION_EXP:
        return enclose_by_mpfr(y, pass, TRANSCEND_EXP, x);
    case ACTIVATION_LOG:
        return enclose_by_mpfr(y, pass, TRANSCEND_LOG, x);
    case ACTIVATION_SQRT:
        return enclose_by_mpfr(y, pass, TRANSCEND_SQRT, x);
    case ACTIVATION_SIN:
        return enclose_by_mpfr(y, pass, TRANSCEND_SIN, x);
    case ACTIVATION_COS:
        return enclose_by_mpfr(y, pass, TRANSCEND_COS, x);
    case ACTIVATION_COUNT:
        break;
    }
    return false;
}

/* x * scale / sqrt(variance + epsilon); false if the root may be 0. */
static bool enclose_scale(struct range *y, const struct scaling *scaling,
                          struct range x, size_t i)
{
    const double sum = scaling->variance[i] + scaling->epsilon;
    const struct range radicand = {interval_down(sum), interval_up(sum)};
    struct range inverse = {0.0, 0.0};
    if (!(radicand.lower > 0.0)) {
        return false;
    }
    const struct range root = {interval_down(sqrt(radicand.lower)),
                               interval_up(sqrt(radicand.upper))};
    const struct range scale = {scaling->scale[i], scaling->scale[i]};
    const bool has_value = enclose_reciprocal(&inverse, root);
    *y = multiply(x, multiply(scale, inverse));
    return has_value;
}

static struct range choose(const struct node *node, const struct pass *pass,
                           size_t i)
{
    const struct range c = part(node, pass, node->index[0][i]);
    const struct range yes = part(node, pass, node->index[1][i]);
    const struct range no = part(node, pass, node->index[2][i]);
    if (c.lower > 0.0 || c.upper < 0.0) {
        return yes;
    }
    return is_zero(c.lower) && is_zero(c.upper) ? no : hull(yes, no);
}

static struct range extreme(const struct node *node, const struct pass *pass,
                            size_t i)
{
    const struct sets *sets = &node->sets;
    struct range best = {-HUGE_VAL, -HUGE_VAL};
    for (size_t k = sets->start[i]; k < sets->start[i + 1]; k++) {
        const struct range z = part(node, pass, sets->element[k]);
        best.lower = fmax(best.lower, sets->is_least ? -z.upper : z.lower);
        best.upper = fmax(best.upper, sets->is_least ? -z.lower : z.upper);
    }
    return sets->is_least ? (struct range){-best.upper, -best.lower} : best;
}

/* The positions in set i that its greatest element may have. One that surely
 * reaches the top excludes all later (is_last: earlier) ones. */
static struct range position(const struct node *node, const struct pass *pass,
                             size_t i)
{
    const struct sets *sets = &node->sets;
    const struct range best = extreme(node, pass, i);
    struct range place = {HUGE_VAL, -HUGE_VAL};
    for (size_t k = sets->start[i]; k < sets->start[i + 1]; k++) {
        const struct range z = part(node, pass, sets->element[k]);
        const double at = (double)(k - sets->start[i]);
        const bool is_top = z.lower >= best.upper;
        if (z.upper < best.lower) {
            continue;
        }
        place = is_top && sets->is_last ? (struct range){at, at}
                                        : hull(place, (struct range){at, at});
        if (is_top && !sets->is_last) {
            break;
        }
    }
    return place;
}

/* Element i of a node that is not linear; false if it may have no value. */
static bool eval_element(struct range *y, const struct node *node,
                         struct pass *pass, size_t i)
{
    const bool takes_one = node->form == NODE_RELU || node->form == NODE_CLIP ||
                           node->form == NODE_FUNCTION ||
                           node->form == NODE_SCALE;
    const struct range x =
        takes_one ? part(node, pass, i) : (struct range){0.0, 0.0};
    switch (node->form) {
    case NODE_MAP:
        *y = part(node, pass, node->map == NULL ? i : node->map[i]);
        return true;
    case NODE_RELU:
        *y = (struct range){fmax(x.lower, 0.0), fmax(x.upper, 0.0)};
        return true;
    case NODE_CLIP:
        *y = (struct range){fmin(fmax(x.lower, node->lowest), node->highest),
                            fmin(fmax(x.upper, node->lowest), node->highest)};
        return true;
    case NODE_FUNCTION:
        return enclose(y, pass, node->activation, x);
    case NODE_PRODUCT:
        *y = multiply(part(node, pass, node->index[0][i]),
                      part(node, pass, node->index[1][i]));
        return true;
    case NODE_SCALE:
        return enclose_scale(y, &node->scaling, x, i);
    case NODE_CHOOSE:
        *y = choose(node, pass, i);
        return true;
    case NODE_EXTREME:
        *y = extreme(node, pass, i);
        return true;
    case NODE_ARG_MAX:
        *y = position(node, pass, i);
        return true;
    case NODE_LINEAR:
        break;
    }
    return false;
}

static enum status eval_node(struct pass *pass, const struct node *node,
                             struct error *error)
{
    const size_t n = pass->net->tensors[node->output].n;
    struct ends *y = &pass->values[node->output];
    NEW_ARRAY(y->lower, n);
    NEW_ARRAY(y->upper, n);
    if (node->form == NODE_LINEAR) {
        eval_linear(y, node, pass, n);
    }
    for (size_t i = 0; i < n && node->form != NODE_LINEAR; i++) {
        struct range range = {0.0, 0.0};
        if (!eval_element(&range, node, pass, i)) {
            graph_node_error(error, pass->net, node,
                             "may have no value, or none of a double's size");
            return STATUS_UNSUPPORTED;
        }
        y->lower[i] = range.lower;
        y->upper[i] = range.upper;
    }
    for (size_t i = 0; i < n; i++) {
        if (isnan(y->lower[i]) || isnan(y->upper[i])) {
            graph_node_error(error, pass->net, node, "bounds overflow");
            return STATUS_UNSUPPORTED;
        }
    }
    return STATUS_OK;
}

static void set_inputs(struct pass *pass, const double *x_lower,
                       const double *x_upper)
{
    const struct net *net = pass->net;
    for (size_t i = 0; i < net->inputs.n; i++) {
        const size_t n = net->tensors[net->inputs.data[i]].n;
        struct ends *x = &pass->values[net->inputs.data[i]];
        NEW_ARRAY(x->lower, n);
        NEW_ARRAY(x->upper, n);
        memcpy(x->lower, x_lower, n * sizeof *x_lower);
        memcpy(x->upper, x_upper, n * sizeof *x_upper);
        x_lower += n;
        x_upper += n;
    }
}

/* The values of a network whose graph depends on no inputs. */
static enum status eval_ordinary_interval(double *y_lower, double *y_upper,
                                          const struct net *net,
                                          const double *x_lower,
                                          const double *x_upper,
                                          struct error *error)
{
    enum status status = STATUS_OK;
    struct pass pass = {.net = net};
    bool *is_live = NULL;
    NEW_ARRAY(pass.values, net->n_tensors);
    NEW_ARRAY(is_live, net->n_tensors);
    mpq_inits(pass.a, pass.b, NULL);
    graph_mark_live(is_live, net);
    set_inputs(&pass, x_lower, x_upper);
    for (size_t i = 0; i < net->nodes.n; i++) {
        if (is_live[net->nodes.data[i].output]) {
            STATUS_TRY(eval_node(&pass, &net->nodes.data[i], error));
        }
    }
    for (size_t i = 0; i < net->outputs.n; i++) {
        const size_t output = net->outputs.data[i];
        const size_t n = net->tensors[output].n;
        memcpy(y_lower, pass.values[output].lower, n * sizeof *y_lower);
        memcpy(y_upper, pass.values[output].upper, n * sizeof *y_upper);
        y_lower += n;
        y_upper += n;
    }
cleanup:
    for (size_t i = 0; i < net->n_tensors; i++) {
        alloc_free(pass.values[i].lower);
        alloc_free(pass.values[i].upper);
    }
    mpq_clears(pass.a, pass.b, NULL);
    alloc_free(is_live);
    alloc_free(pass.values);
    return status;
}

enum status net_eval_interval(double *y_lower, double *y_upper,
                              const struct net *net, const double *x_lower,
                              const double *x_upper, struct error *error)
{
    struct net *at = NULL;
    if (net->cells == NULL) {
        return eval_ordinary_interval(y_lower, y_upper, net, x_lower, x_upper,
                                      error);
    }
    enum status status = cells_at_box(&at, net, x_lower, x_upper, error);
    if (status == STATUS_OK) {
        status = eval_ordinary_interval(y_lower, y_upper, at, x_lower, x_upper,
                                        error);
    }
    net_destroy(at);
    return status;
}
