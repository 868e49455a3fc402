/* Operators of curves, products and scales: FORMAT.md, "Numbers of the
 * network".
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

const uint32_t *check_add_curve(struct check_builder *b, enum check_curve curve,
                                const uint32_t *source, size_t n)
{
    const uint32_t *map = check_add_neurons(b, CHECK_CURVED, source, n);
    b->network->layers[b->network->n_layers - 1].curve = curve;
    return map;
}

const uint32_t *check_add_product(struct check_builder *b, const uint32_t *x,
                                  const uint32_t *y, size_t n)
{
    uint32_t *both = check_arena_alloc(&b->arena, 2 * n, sizeof *both);
    if (memcmp(x, y, n * sizeof *x) == 0) {
        return check_add_curve(b, CHECK_SQUARE, x, n);
    }
    memcpy(both, x, n * sizeof *both);
    memcpy(both + n, y, n * sizeof *both);
    return check_add_neurons(b, CHECK_PRODUCT, both, n);
}

/* A layer of scales whose factors are still 0. */
static const uint32_t *add_scale(struct check_builder *b,
                                 const uint32_t *source, size_t n)
{
    const uint32_t *map = check_add_neurons(b, CHECK_SCALE, source, n);
    struct check_layer *layer = &b->network->layers[b->network->n_layers - 1];
    layer->factor =
        check_arena_alloc(&b->network->arena, n, sizeof *layer->factor);
    for (size_t i = 0; i < n; i++) {
        mpq_inits(layer->factor[i].lower, layer->factor[i].upper, NULL);
    }
    return map;
}

const uint32_t *check_add_quotients(struct check_builder *b,
                                    const uint32_t *source,
                                    const double *divisor, size_t n)
{
    const uint32_t *map = add_scale(b, source, n);
    struct check_factor *factor =
        b->network->layers[b->network->n_layers - 1].factor;
    for (size_t i = 0; i < n; i++) {
        mpq_set_d(factor[i].lower, divisor[i]);
        check_unsupported_if(b, mpq_sgn(factor[i].lower) == 0, "division by 0");
        mpq_inv(factor[i].lower, factor[i].lower);
        mpq_set(factor[i].upper, factor[i].lower);
    }
    return map;
}

/* Factor c with c^2 = square, c > 0 if `sign` is: by an integer square root of
 * numerator * denominator, which is at least 1. */
static void set_root(struct check_factor *factor, const mpq_t square, int sign)
{
    enum { BITS = 128 };
    mpz_t root;
    mpz_init(root);
    mpz_mul(root, mpq_numref(square), mpq_denref(square));
    mpz_mul_2exp(root, root, (mp_bitcnt_t)2 * BITS);
    mpz_sqrt(root, root);
    for (int e = 0; e < 2; e++) {
        mpq_t *end = (e == 0) == (sign > 0) ? &factor->lower : &factor->upper;
        mpz_add_ui(mpq_numref(*end), root, (unsigned long)e);
        mpz_mul_2exp(mpq_denref(*end), mpq_denref(square), BITS);
        mpq_canonicalize(*end);
        if (sign < 0) {
            mpq_neg(*end, *end);
        }
    }
    mpz_clear(root);
}

/* Scale, bias, mean and variance, one number for each channel. */
static void read_statistics(struct check_builder *b, const double *of[4],
                            size_t n)
{
    for (size_t k = 0; k < 4; k++) {
        const struct check_value value = check_input(b, k + 1);
        check_unsupported_if(b,
                             value.number == NULL || value.n != n ||
                                 !check_is_real(value.type),
                             "statistics that are no constants, one for each "
                             "channel");
        of[k] = value.number;
    }
}

/* (x - mean) * scale / sqrt(variance + epsilon) + bias. */
void check_build_normalization(struct check_builder *b)
{
    struct check_value x = check_input(b, 0);
    const double epsilon = check_real(b, "epsilon", (double)1e-5F);
    const double *of[4];
    (void)check_real(b, "momentum", 0.0);
    check_unsupported_if(b,
                         x.shape.n_dims < 2 ||
                             check_integer(b, "training_mode", 0) != 0 ||
                             check_integer(b, "spatial", 1) != 1,
                         "rank below 2, training mode or no channels");
    const size_t n_channels = x.shape.dims[1];
    read_statistics(b, of, n_channels);
    check_compute(b, &x);
    const size_t n_inner = x.n / x.shape.dims[0] / n_channels;
    struct check_value *output = check_output(b, 0, x.type, &x.shape);
    struct check_value centred = {.name = output->name, .n = x.n};
    (void)check_add_layer(b, &centred, CHECK_AFFINE);
    for (size_t i = 0; i < x.n; i++) {
        check_row_add(&b->rows, x.map[i], 1.0);
        check_row_end(&b->rows, -of[2][i / n_inner % n_channels]);
    }
    const uint32_t *scaled = add_scale(b, centred.map, x.n);
    struct check_factor *factor =
        b->network->layers[b->network->n_layers - 1].factor;
    mpq_t square;
    mpq_t part;
    mpq_inits(square, part, NULL);
    for (size_t i = 0; i < x.n; i++) {
        const size_t c = i / n_inner % n_channels;
        mpq_set_d(square, of[3][c]);
        mpq_set_d(part, epsilon);
        mpq_add(square, square, part);
        check_unsupported_if(b, mpq_sgn(square) <= 0,
                             "variance that is not positive");
        mpq_set_d(part, of[0][c]);
        const int sign = mpq_sgn(part);
        mpq_mul(part, part, part);
        mpq_div(square, part, square);
        if (sign != 0) {
            set_root(&factor[i], square, sign);
        }
    }
    mpq_clears(square, part, NULL);
    (void)check_add_layer(b, output, CHECK_AFFINE);
    for (size_t i = 0; i < x.n; i++) {
        check_row_add(&b->rows, scaled[i], 1.0);
        check_row_end(&b->rows, of[1][i / n_inner % n_channels]);
    }
}

void check_build_curve(struct check_builder *b)
{
    static const struct {
        const char *name;
        enum check_curve curve;
    } curves[] = {
        {"Sigmoid", CHECK_SIGMOID},   {"Tanh", CHECK_TANH},
        {"Softplus", CHECK_SOFTPLUS}, {"Erf", CHECK_ERF},
        {"Exp", CHECK_EXP},           {"Log", CHECK_LOG},
        {"Sqrt", CHECK_SQRT},         {"Reciprocal", CHECK_RECIPROCAL},
        {"Sin", CHECK_SIN},           {"Cos", CHECK_COS},
        {"Sign", CHECK_SIGN},         {"Floor", CHECK_FLOOR}};
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    size_t k = 0;
    while (strcmp(curves[k].name, b->node->op) != 0) {
        k++;
    }
    output->map = check_add_curve(b, curves[k].curve, x.map, x.n);
}

/* relu(x) + a * (exp(x - relu(x)) - 1), for Selu times gamma. */
void check_build_elu(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    const bool is_scaled = strcmp(b->node->op, "Selu") == 0;
    const double slope = check_real(
        b, "alpha", is_scaled ? (double)1.67326319217681884765625F : 1.0);
    const double gamma =
        is_scaled ? check_real(b, "gamma", (double)1.05070102214813232421875F)
                  : 1.0;
    const struct check_part_of relu = {
        check_add_neurons(b, CHECK_RELU, x.map, x.n), 1.0, NULL};
    const uint32_t *rest =
        check_add_sum(b, (struct check_part_of){x.map, 1.0, NULL},
                      (struct check_part_of){relu.map, -1.0, NULL}, 0.0, x.n);
    const struct check_part_of power = {
        check_add_curve(b, CHECK_EXP, rest, x.n), slope, NULL};
    output->map = check_add_sum(b, relu, power, -slope, x.n);
    if (is_scaled) {
        output->map =
            check_add_sum(b, (struct check_part_of){output->map, gamma, NULL},
                          (struct check_part_of){0}, 0.0, x.n);
    }
}

/* x * (1/2 + 1/2 * erf(x / sqrt(2))). */
void check_build_gelu(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    check_unsupported_if(
        b, strcmp(check_text(b, "approximate", "none"), "none") != 0,
        "approximation");
    const uint32_t *scaled = add_scale(b, x.map, x.n);
    struct check_factor *factor =
        b->network->layers[b->network->n_layers - 1].factor;
    mpq_t half;
    mpq_init(half);
    mpq_set_ui(half, 1, 2);
    for (size_t i = 0; i < x.n; i++) {
        set_root(&factor[i], half, 1);
    }
    mpq_clear(half);
    const uint32_t *erf = check_add_curve(b, CHECK_ERF, scaled, x.n);
    const uint32_t *share =
        check_add_sum(b, (struct check_part_of){erf, 0.5, NULL},
                      (struct check_part_of){0}, 0.5, x.n);
    output->map = check_add_product(b, x.map, share, x.n);
}

/* Exponents 1, 2 and 3. */
void check_build_power(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    const struct check_value power = check_input(b, 1);
    const double exponent =
        power.number == NULL || power.n != 1 ? 0.0 : power.number[0];
    const bool is_whole = (exponent <= 1.0 && exponent >= 1.0) ||
                          (exponent <= 2.0 && exponent >= 2.0) ||
                          (exponent <= 3.0 && exponent >= 3.0);
    check_unsupported_if(b,
                         power.number == NULL || power.n != 1 ||
                             power.shape.n_dims > x.shape.n_dims || !is_whole,
                         "exponent other than 1, 2 or 3");
    output->map = x.map;
    if (exponent > 1.0) {
        output->map = check_add_curve(b, CHECK_SQUARE, x.map, x.n);
    }
    if (exponent > 2.0) {
        output->map = check_add_product(b, x.map, output->map, x.n);
    }
}

/* exp(x_j - x_i) for each element i and those j != i on its axis, in order; the
 * axis has dim >= 2 elements, `step` apart. */
static const uint32_t *add_powers(struct check_builder *b,
                                  const struct check_value *x, size_t dim,
                                  size_t step)
{
    struct check_value pairs = {.name = b->node->name, .n = x->n * (dim - 1)};
    (void)check_add_layer(b, &pairs, CHECK_AFFINE);
    for (size_t i = 0; i < x->n; i++) {
        const size_t own = i / step % dim;
        for (size_t j = 0; j < dim; j++) {
            if (j != own) {
                check_row_add(&b->rows, x->map[i - own * step + j * step], 1.0);
                check_row_add(&b->rows, x->map[i], -1.0);
                check_row_end(&b->rows, 0.0);
            }
        }
    }
    return check_add_curve(b, CHECK_EXP, pairs.map, pairs.n);
}

/* 1 / (1 + sum over j != i of exp(x_j - x_i)), j on the axis of i; of
 * LogSoftmax the logarithm of that. */
void check_build_softmax(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    const bool is_old = b->model.opset < 13;
    const int64_t rank = (int64_t)x.shape.n_dims;
    int64_t axis = check_integer(b, "axis", is_old ? 1 : -1);
    axis += axis < 0 ? rank : 0;
    check_malformed_if(b, axis < 0 || axis >= rank, "axis out of range");
    size_t inner = 1;
    for (size_t d = (size_t)axis + 1; d < x.shape.n_dims; d++) {
        inner *= x.shape.dims[d];
    }
    const size_t dim = x.shape.dims[axis] * (is_old ? inner : 1);
    check_unsupported_if(b, x.n > ((size_t)1 << 28) / dim, "too many pairs");
    const uint32_t *powers =
        dim > 1 ? add_powers(b, &x, dim, is_old ? 1 : inner) : NULL;
    struct check_value sums = {.name = output->name, .n = x.n};
    (void)check_add_layer(b, &sums, CHECK_AFFINE);
    for (size_t i = 0; i < x.n; i++) {
        for (size_t k = 0; k + 1 < dim; k++) {
            check_row_add(&b->rows, powers[i * (dim - 1) + k], 1.0);
        }
        check_row_end(&b->rows, 1.0);
    }
    if (strcmp(b->node->op, "LogSoftmax") == 0) {
        const uint32_t *log = check_add_curve(b, CHECK_LOG, sums.map, x.n);
        output->map = check_add_sum(b, (struct check_part_of){log, -1.0, NULL},
                                    (struct check_part_of){0}, 0.0, x.n);
        return;
    }
    output->map = check_add_curve(b, CHECK_RECIPROCAL, sums.map, x.n);
    struct check_layer *layer = &b->network->layers[b->network->n_layers - 1];
    layer->n_shares = dim;
    layer->share_step = is_old ? 1 : inner;
}
