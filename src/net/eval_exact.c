/* Forward pass in rationals over one denominator per tensor. */
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/cells.h"
#include "src/net/eval_rational.h"
#include "src/net/exact.h"
#include "src/net/graph.h"
#include "src/net/linear.h"
#include "src/num/rational.h"

#include <gmp.h>

#include <limits.h>
#include <stdlib.h>

/*
 * Element i is numerator[i] * 2^exponent / denominator, denominator > 0. With
 * dyadic weights the denominator stays that of the inputs.          (1)
 */
struct exact {
    size_t n;
    mpz_t *numerator;
    long exponent;
    mpz_t denominator;
};

struct pass {
    const struct net *net;
    struct exact *values; /* per tensor; numerator NULL: not computed yet */
    bool *is_live;        /* per tensor: the others are not computed */
};

static void exact_init(struct exact *exact, size_t n)
{
    exact->n = n;
    exact->exponent = 0;
    NEW_ARRAY(exact->numerator, n);
    for (size_t i = 0; i < n; i++) {
        mpz_init(exact->numerator[i]);
    }
    mpz_init_set_ui(exact->denominator, 1);
}

static void exact_clear(struct exact *exact)
{
    if (exact->numerator == NULL) {
        return;
    }
    for (size_t i = 0; i < exact->n; i++) {
        mpz_clear(exact->numerator[i]);
    }
    mpz_clear(exact->denominator);
    alloc_free(exact->numerator);
    exact->numerator = NULL;
}

/* x = mantissa * 2^*exponent, |mantissa| < 2^53, short for float32 numbers;
 * x finite. */
static int64_t split(double x, long *exponent)
{
    int power = 0;
    const double scaled = frexp(x, &power) * 0x1p+53;
    int64_t mantissa = (int64_t)scaled;
    power -= 53;
    for (int shift = 32; shift > 0; shift /= 2) {
        const int64_t unit = INT64_C(1) << shift;
        if (mantissa != 0 && mantissa % unit == 0) {
            mantissa /= unit;
            power += shift;
        }
    }
    *exponent = power;
    return mantissa;
}

static unsigned long magnitude(int64_t value)
{
    return (unsigned long)llabs((long long)value);
}

/* sum += mantissa * x * 2^shift; spare is scratch. */
static void add_product(mpz_t sum, int64_t mantissa, const mpz_t x,
                        unsigned long shift, mpz_t spare)
{
    const unsigned long size = magnitude(mantissa);
    if (shift < 64 && size <= ULONG_MAX >> shift) {
        if (mantissa < 0) {
            mpz_submul_ui(sum, x, size << shift);
        } else {
            mpz_addmul_ui(sum, x, size << shift);
        }
        return;
    }
    mpz_mul_2exp(spare, x, shift);
    if (mantissa < 0) {
        mpz_submul_ui(sum, spare, size);
    } else {
        mpz_addmul_ui(sum, spare, size);
    }
}

/* A row's sum in progress: total * 2^exponent. */
struct sum {
    mpz_t total;
    mpz_t spare;
    long exponent;
    bool is_empty;
};

/* Makes room for a term with the given exponent. Returns its shift. */
static unsigned long sum_reach(struct sum *sum, long exponent)
{
    if (sum->is_empty) {
        sum->exponent = exponent;
        sum->is_empty = false;
    }
    if (exponent < sum->exponent) {
        mpz_mul_2exp(sum->total, sum->total,
                     (unsigned long)(sum->exponent - exponent));
        sum->exponent = exponent;
    }
    return (unsigned long)(exponent - sum->exponent);
}

/* Lowest exponent of a non-zero weight of the row; false if there is none. */
static bool find_lowest(long *lowest, const struct linear_row *row)
{
    bool is_found = false;
    for (size_t k = 0; k < row->n; k++) {
        long exponent = 0;
        if (is_zero(row->weight[k])) {
            continue;
        }
        (void)split(row->weight[k], &exponent);
        *lowest = !is_found || exponent < *lowest ? exponent : *lowest;
        is_found = true;
    }
    return is_found;
}

static void sum_add_row(struct sum *sum, const struct linear_row *row,
                        const struct exact *x)
{
    mpz_t *from = x->numerator + row->offset;
    long lowest = 0;
    if (!find_lowest(&lowest, row)) {
        return;
    }
    (void)sum_reach(sum, lowest + x->exponent);
    for (size_t k = 0; k < row->n; k++) {
        const size_t at = row->column == NULL ? k : row->column[k];
        long exponent = 0;
        if (is_zero(row->weight[k])) {
            continue;
        }
        const int64_t mantissa = split(row->weight[k], &exponent);
        add_product(sum->total, mantissa, from[at * row->stride],
                    sum_reach(sum, exponent + x->exponent), sum->spare);
    }
}

/* total += value * denominator. */
static void sum_add_constant(struct sum *sum, double value,
                             const mpz_t denominator)
{
    long exponent = 0;
    if (is_zero(value)) {
        return;
    }
    const int64_t mantissa = split(value, &exponent);
    add_product(sum->total, mantissa, denominator, sum_reach(sum, exponent),
                sum->spare);
}

static void sum_init(struct sum *sum)
{
    mpz_init(sum->total);
    mpz_init(sum->spare);
    sum->exponent = 0;
    sum->is_empty = true;
}

static void sum_reset(struct sum *sum)
{
    mpz_set_ui(sum->total, 0);
    sum->exponent = 0;
    sum->is_empty = true;
}

static void sum_clear(struct sum *sum)
{
    mpz_clear(sum->total);
    mpz_clear(sum->spare);
}

/* The common denominator of a node's arguments, and what each numerator is
 * multiplied by to get there. */
struct common {
    mpz_t denominator;
    size_t n;
    mpz_t *factor;
    bool *is_one;
};

static void common_init(struct common *common, const struct pass *pass,
                        const struct node *node)
{
    common->n = node->n_args;
    mpz_init_set_ui(common->denominator, 1);
    NEW_ARRAY(common->factor, node->n_args);
    NEW_ARRAY(common->is_one, node->n_args);
    for (size_t k = 0; k < node->n_args; k++) {
        const struct exact *x = &pass->values[node->args[k]];
        mpz_lcm(common->denominator, common->denominator, x->denominator);
    }
    for (size_t k = 0; k < node->n_args; k++) {
        const struct exact *x = &pass->values[node->args[k]];
        mpz_init(common->factor[k]);
        mpz_divexact(common->factor[k], common->denominator, x->denominator);
        common->is_one[k] = mpz_cmp_ui(common->factor[k], 1) == 0;
    }
}

static void common_clear(struct common *common)
{
    for (size_t k = 0; k < common->n; k++) {
        mpz_clear(common->factor[k]);
    }
    mpz_clear(common->denominator);
    alloc_free(common->factor);
    alloc_free(common->is_one);
}

/* Shifts all numerators to the lowest of their own exponents. */
static void settle(struct exact *y, const long *exponents)
{
    y->exponent = y->n == 0 ? 0 : exponents[0];
    for (size_t i = 0; i < y->n; i++) {
        y->exponent = exponents[i] < y->exponent ? exponents[i] : y->exponent;
    }
    for (size_t i = 0; i < y->n; i++) {
        mpz_mul_2exp(y->numerator[i], y->numerator[i],
                     (unsigned long)(exponents[i] - y->exponent));
    }
}

/* Divides element i by divisor[i]: odd parts go to the denominator. */
static void divide(struct exact *y, long *exponents, const double *divisor)
{
    mpz_t odd;
    mpz_t all;
    mpz_init(odd);
    mpz_init_set_ui(all, 1);
    for (size_t i = 0; i < y->n; i++) {
        long exponent = 0;
        mpz_set_si(odd, (long)split(divisor[i], &exponent));
        mpz_lcm(all, all, odd);
    }
    for (size_t i = 0; i < y->n; i++) {
        long exponent = 0;
        mpz_set_si(odd, (long)split(divisor[i], &exponent));
        mpz_divexact(odd, all, odd);
        mpz_mul(y->numerator[i], y->numerator[i], odd);
        exponents[i] -= exponent;
    }
    mpz_mul(y->denominator, y->denominator, all);
    mpz_clear(odd);
    mpz_clear(all);
}

static void eval_linear(struct exact *y, const struct node *node,
                        const struct pass *pass)
{
    const struct linear *linear = &node->linear;
    struct linear_row row = {0};
    struct common common = {0};
    struct sum sum;
    struct sum part;
    long *exponents = NULL;
    NEW_ARRAY(exponents, y->n);
    sum_init(&sum);
    sum_init(&part);
    common_init(&common, pass, node);
    mpz_set(y->denominator, common.denominator);
    for (size_t i = 0; i < y->n; i++) {
        sum_reset(&sum);
        for (size_t slot = 0; slot < node->n_args; slot++) {
            const struct exact *x = &pass->values[node->args[slot]];
            linear_get_row(&row, node, slot, i);
            if (common.is_one[slot]) {
                sum_add_row(&sum, &row, x);
                continue;
            }
            sum_reset(&part);
            sum_add_row(&part, &row, x);
            mpz_mul(part.total, part.total, common.factor[slot]);
            add_product(sum.total, 1, part.total,
                        sum_reach(&sum, part.exponent), sum.spare);
        }
        if (linear->bias != NULL) {
            sum_add_constant(&sum, linear->bias[i], y->denominator);
        }
        mpz_swap(y->numerator[i], sum.total);
        exponents[i] = sum.exponent;
    }
    if (linear->divisor != NULL) {
        divide(y, exponents, linear->divisor);
    }
    settle(y, exponents);
    common_clear(&common);
    sum_clear(&part);
    sum_clear(&sum);
    linear_row_clear(&row);
    alloc_free(exponents);
}

/* Element k of the arguments one after the other, then the pool. */
static void add_part(struct sum *sum, const struct node *node,
                     const struct pass *pass, const struct common *common,
                     size_t k)
{
    for (size_t slot = 0; slot < node->n_args; slot++) {
        const struct exact *x = &pass->values[node->args[slot]];
        if (k < x->n) {
            mpz_mul(sum->total, x->numerator[k], common->factor[slot]);
            sum->exponent = x->exponent;
            return;
        }
        k -= x->n;
    }
    REQUIRE(k < node->n_pool);
    sum_add_constant(sum, node->pool[k], common->denominator);
}

static void eval_map(struct exact *y, const struct node *node,
                     const struct pass *pass)
{
    struct common common = {0};
    struct sum sum;
    long *exponents = NULL;
    NEW_ARRAY(exponents, y->n);
    sum_init(&sum);
    common_init(&common, pass, node);
    mpz_set(y->denominator, common.denominator);
    for (size_t i = 0; i < y->n; i++) {
        sum_reset(&sum);
        add_part(&sum, node, pass, &common,
                 node->map == NULL ? i : node->map[i]);
        mpz_swap(y->numerator[i], sum.total);
        exponents[i] = sum.exponent;
    }
    settle(y, exponents);
    common_clear(&common);
    sum_clear(&sum);
    alloc_free(exponents);
}

/* Copies scale and denominator, for results among the argument's values. */
static void take_scale(struct exact *y, const struct exact *x)
{
    y->exponent = x->exponent;
    mpz_set(y->denominator, x->denominator);
}

static void eval_relu(struct exact *y, const struct exact *x)
{
    take_scale(y, x);
    for (size_t i = 0; i < y->n; i++) {
        if (mpz_sgn(x->numerator[i]) > 0) {
            mpz_set(y->numerator[i], x->numerator[i]);
        }
    }
}

static void set_input(struct exact *y, const mpq_t *x, size_t n)
{
    exact_init(y, n);
    for (size_t i = 0; i < n; i++) {
        mpz_lcm(y->denominator, y->denominator, mpq_denref(x[i]));
    }
    for (size_t i = 0; i < n; i++) {
        mpz_divexact(y->numerator[i], y->denominator, mpq_denref(x[i]));
        mpz_mul(y->numerator[i], y->numerator[i], mpq_numref(x[i]));
    }
    const unsigned long twos = mpz_scan1(y->denominator, 0);
    mpz_tdiv_q_2exp(y->denominator, y->denominator, twos);
    y->exponent = -(long)twos;
}

/* y = numerator * 2^exponent / denominator of x's scale. */
static void get_number(mpq_t y, const mpz_t numerator, const struct exact *x)
{
    mpz_set(mpq_numref(y), numerator);
    mpz_set(mpq_denref(y), x->denominator);
    mpq_canonicalize(y);
    if (x->exponent < 0) {
        mpq_div_2exp(y, y, (unsigned long)-x->exponent);
    } else {
        mpq_mul_2exp(y, y, (unsigned long)x->exponent);
    }
}

/* A node of a form of its own, through rationals of all elements. */
static enum status eval_other(struct exact *y, const struct node *node,
                              const struct pass *pass, struct error *error)
{
    size_t n = node->n_pool;
    size_t at = 0;
    mpq_t *z = NULL;
    for (size_t slot = 0; slot < node->n_args; slot++) {
        n += pass->values[node->args[slot]].n;
    }
    z = rational_create(n);
    mpq_t *values = rational_create(y->n);
    for (size_t slot = 0; slot < node->n_args; slot++) {
        const struct exact *x = &pass->values[node->args[slot]];
        for (size_t i = 0; i < x->n; i++) {
            get_number(z[at++], x->numerator[i], x);
        }
    }
    for (size_t i = 0; i < node->n_pool; i++) {
        rational_set_double(z[at++], node->pool[i]);
    }
    const char *cause = eval_rational(values, node, (const mpq_t *)z, y->n);
    if (cause == NULL) {
        exact_clear(y);
        set_input(y, (const mpq_t *)values, y->n);
    } else {
        graph_node_error(error, pass->net, node, cause);
    }
    rational_destroy(z, n);
    rational_destroy(values, y->n);
    return cause == NULL ? STATUS_OK : STATUS_UNSUPPORTED;
}

static enum status eval_node(struct pass *pass, const struct node *node,
                             struct error *error)
{
    struct exact *y = &pass->values[node->output];
    exact_init(y, pass->net->tensors[node->output].n);
    switch (node->form) {
    case NODE_MAP:
        eval_map(y, node, pass);
        return STATUS_OK;
    case NODE_RELU:
        REQUIRE(node->n_args == 1);
        eval_relu(y, &pass->values[node->args[0]]);
        return STATUS_OK;
    case NODE_LINEAR:
        eval_linear(y, node, pass);
        return STATUS_OK;
    case NODE_CLIP:
    case NODE_FUNCTION:
    case NODE_PRODUCT:
    case NODE_SCALE:
    case NODE_EXTREME:
    case NODE_CHOOSE:
    case NODE_ARG_MAX:
        return eval_other(y, node, pass, error);
    }
    return STATUS_UNSUPPORTED;
}

static void get_output(mpq_t *y, const struct exact *x)
{
    for (size_t i = 0; i < x->n; i++) {
        get_number(y[i], x->numerator[i], x);
    }
}

/* The values of a network whose graph depends on no inputs. */
static enum status eval_ordinary_exact(mpq_t *y, const struct net *net,
                                       const mpq_t *x, struct error *error)
{
    enum status status = STATUS_OK;
    struct pass pass = {.net = net};
    NEW_ARRAY(pass.values, net->n_tensors);
    NEW_ARRAY(pass.is_live, net->n_tensors);
    graph_mark_live(pass.is_live, net);
    for (size_t i = 0; i < net->inputs.n; i++) {
        const size_t input = net->inputs.data[i];
        set_input(&pass.values[input], x, net->tensors[input].n);
        x += net->tensors[input].n;
    }
    for (size_t i = 0; i < net->nodes.n; i++) {
        const struct node *node = &net->nodes.data[i];
        if (!pass.is_live[node->output]) {
            continue;
        }
        STATUS_TRY(eval_node(&pass, node, error));
    }
    for (size_t i = 0; i < net->outputs.n; i++) {
        const size_t output = net->outputs.data[i];
        get_output(y, &pass.values[output]);
        y += net->tensors[output].n;
    }
cleanup:
    for (size_t i = 0; i < net->n_tensors; i++) {
        exact_clear(&pass.values[i]);
    }
    alloc_free(pass.values);
    alloc_free(pass.is_live);
    return status;
}

enum status net_eval_exact(mpq_t *y, const struct net *net, const mpq_t *x,
                           struct error *error)
{
    struct net *at = NULL;
    if (net->cells == NULL) {
        return eval_ordinary_exact(y, net, x, error);
    }
    enum status status = cells_at_rational(&at, net, x, error);
    if (status == STATUS_OK) {
        status = eval_ordinary_exact(y, at, x, error);
    }
    net_destroy(at);
    return status;
}

/* Elements of a constant of any type, exact. */
static void set_constant(struct exact *x, const struct tensor *tensor)
{
    mpq_t *values = rational_create(tensor->n);
    for (size_t i = 0; i < tensor->n; i++) {
        int64_t integer = 0;
        double real = 0.0;
        if (constant_is_real_type(tensor->type)) {
            constant_read_reals(&real, &tensor->constant, i, 1);
            rational_set_double(values[i], real);
        } else {
            constant_read_integers(&integer, &tensor->constant, i, 1);
            mpq_set_si(values[i], (long)integer, 1);
        }
    }
    set_input(x, (const mpq_t *)values, tensor->n);
    rational_destroy(values, tensor->n);
}

/* The elements as doubles; false if one of them is none. */
static bool get_doubles(double *y, const struct exact *x)
{
    bool is_exact = true;
    mpq_t value;
    mpq_init(value);
    for (size_t i = 0; i < x->n && is_exact; i++) {
        get_number(value, x->numerator[i], x);
        y[i] = rational_down(value);
        is_exact = isfinite(y[i]) && is_equal(y[i], rational_up(value));
    }
    mpq_clear(value);
    return is_exact;
}

bool graph_fold(double *y, const struct net *net, const struct node *node)
{
    if (node->form == NODE_MAP) {
        return graph_fold_map(y, net, node);
    }
    struct pass pass = {.net = net};
    struct error error = {0};
    NEW_ARRAY(pass.values, net->n_tensors);
    for (size_t slot = 0; slot < node->n_args; slot++) {
        const size_t arg = node->args[slot];
        if (pass.values[arg].numerator == NULL) {
            set_constant(&pass.values[arg], &net->tensors[arg]);
        }
    }
    const bool is_exact = eval_node(&pass, node, &error) == STATUS_OK &&
                          get_doubles(y, &pass.values[node->output]);
    for (size_t i = 0; i < net->n_tensors; i++) {
        exact_clear(&pass.values[i]);
    }
    alloc_free(pass.values);
    return is_exact;
}
