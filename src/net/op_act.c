/* Activation functions, element by element. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/operators.h"

#include <math.h>
#include <string.h>

/* The input of an operator with one input and one output of its type. */
static enum status read_unary(struct import *import, const struct tensor **x)
{
    const enum status status = import_arity(import, 1, 1, 1);
    *x = status == STATUS_OK ? import_input(import, 0) : NULL;
    return status;
}

/* The same where only real numbers are allowed. */
static enum status read_real(struct import *import, const struct tensor **x)
{
    const enum status status = read_unary(import, x);
    return status == STATUS_OK ? import_check_real(import) : status;
}

enum status op_import_relu(struct import *import)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_unary(import, &x));
    return build_output(import, 0, x->type, build_relu(import, x));
}

static enum status import_function(struct import *import,
                                   enum activation activation)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_unary(import, &x));
    if (activation != ACTIVATION_SIGN) {
        IMPORT_TRY(import_check_real(import));
    }
    return build_output(import, 0, x->type,
                        build_function(import, activation, x));
}

enum status op_import_sigmoid(struct import *import)
{
    return import_function(import, ACTIVATION_SIGMOID);
}

enum status op_import_tanh(struct import *import)
{
    return import_function(import, ACTIVATION_TANH);
}

enum status op_import_softplus(struct import *import)
{
    return import_function(import, ACTIVATION_SOFTPLUS);
}

enum status op_import_erf(struct import *import)
{
    return import_function(import, ACTIVATION_ERF);
}

enum status op_import_exp(struct import *import)
{
    return import_function(import, ACTIVATION_EXP);
}

enum status op_import_log(struct import *import)
{
    return import_function(import, ACTIVATION_LOG);
}

enum status op_import_sqrt(struct import *import)
{
    return import_function(import, ACTIVATION_SQRT);
}

enum status op_import_reciprocal(struct import *import)
{
    return import_function(import, ACTIVATION_RECIPROCAL);
}

enum status op_import_sin(struct import *import)
{
    return import_function(import, ACTIVATION_SIN);
}

enum status op_import_cos(struct import *import)
{
    return import_function(import, ACTIVATION_COS);
}

enum status op_import_sign(struct import *import)
{
    return import_function(import, ACTIVATION_SIGN);
}

enum status op_import_floor(struct import *import)
{
    return import_function(import, ACTIVATION_FLOOR);
}

/* -floor(-x) */
enum status op_import_ceil(struct import *import)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_real(import, &x));
    return build_output(
        import, 0, x->type,
        build_affine(import,
                     build_function(import, ACTIVATION_FLOOR,
                                    build_affine(import, x, -1.0, 0.0)),
                     -1.0, 0.0));
}

enum status op_import_round(struct import *import)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_real(import, &x));
    return build_output(import, 0, x->type, build_rounded(import, x));
}

enum status op_import_abs(struct import *import)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_unary(import, &x));
    return build_arithmetic(import, x->type, build_abs(import, x));
}

/*
 * relu(x) + alpha * (x - relu(x)), in one sum if 1 - alpha is exact: intervals
 * are sharper, and those of the checker, which puts rows together.
 */
enum status op_import_leaky_relu(struct import *import)
{
    const struct tensor *x = NULL;
    double alpha = (double)0.01F;
    IMPORT_TRY(read_real(import, &x));
    IMPORT_TRY(import_float(import, "alpha", &alpha));
    const struct tensor *above = build_relu(import, x);
    const double rest = 1.0 - alpha;
    if (fabs(alpha) <= 1.0 && fabs(1.0 - rest - alpha) <= 0.0) {
        return build_output(import, 0, x->type,
                            build_sum(import, x, alpha, above, rest));
    }
    const struct tensor *below = build_sum(import, x, 1.0, above, -1.0);
    return build_output(import, 0, x->type,
                        build_sum(import, above, 1.0, below, alpha));
}

/* The same with an alpha per element. */
enum status op_import_prelu(struct import *import)
{
    struct shape shape = {0};
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    IMPORT_TRY(import_check_types(import, 0, 2));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *slope = import_input(import, 1);
    if (import->opset < 7 && slope->n > 1 && slope->shape.n_dims == 1 &&
        x->shape.n_dims > 1) {
        /* One slope per channel. */
        struct shape channels = {.n_dims = x->shape.n_dims - 1,
                                 .dims = {slope->n, 1, 1, 1, 1, 1, 1, 1}};
        slope = build_map(import, &channels, &slope, 1, NULL);
    }
    if (!shape_broadcast(&shape, &x->shape, &slope->shape) ||
        !shape_is_same(&shape, &x->shape)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "slope does not broadcast to the input");
    }
    const struct tensor *above = build_relu(import, x);
    const struct tensor *below = build_sum(import, x, 1.0, above, -1.0);
    return build_output(import, 0, x->type,
                        build_sum(import, above, 1.0,
                                  build_product(import, below, slope), 1.0));
}

/* gamma * (relu(x) + alpha * (exp(x - relu(x)) - 1)) */
static enum status import_elu(struct import *import, double alpha, double gamma)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_real(import, &x));
    const struct tensor *above = build_relu(import, x);
    const struct tensor *below = build_sum(import, x, 1.0, above, -1.0);
    const struct tensor *power = build_function(import, ACTIVATION_EXP, below);
    const struct tensor *curve = build_affine(
        import, build_affine(import, power, 1.0, -1.0), alpha, 0.0);
    const struct tensor *sum = build_sum(import, above, 1.0, curve, 1.0);
    return build_output(import, 0, x->type,
                        build_affine(import, sum, gamma, 0.0));
}

enum status op_import_elu(struct import *import)
{
    double alpha = 1.0;
    const enum status status = import_float(import, "alpha", &alpha);
    return status == STATUS_OK ? import_elu(import, alpha, 1.0) : status;
}

enum status op_import_selu(struct import *import)
{
    double alpha = (double)1.67326319217681884765625F;
    double gamma = (double)1.05070102214813232421875F;
    IMPORT_TRY(import_float(import, "alpha", &alpha));
    IMPORT_TRY(import_float(import, "gamma", &gamma));
    return import_elu(import, alpha, gamma);
}

/* The ends of a Clip: inputs since opset 11, attributes before. */
static enum status read_ends(double *lowest, double *highest,
                             struct import *import)
{
    if (import->opset < 11) {
        IMPORT_TRY(import_float(import, "min", lowest));
        return import_float(import, "max", highest);
    }
    IMPORT_TRY(import_number_input(import, 1, lowest));
    return import_number_input(import, 2, highest);
}

enum status op_import_clip(struct import *import)
{
    double lowest = -HUGE_VAL;
    double highest = HUGE_VAL;
    IMPORT_TRY(import_arity(import, 1, import->opset >= 11 ? 3 : 1, 1));
    IMPORT_TRY(import_check_types(import, 0, import_n_inputs(import)));
    IMPORT_TRY(read_ends(&lowest, &highest, import));
    const struct tensor *x = import_input(import, 0);
    return build_output(import, 0, x->type,
                        build_clip(import, x, lowest, highest));
}

static struct tensor *hard_sigmoid(struct import *import,
                                   const struct tensor *x, double alpha,
                                   double beta)
{
    return build_clip(import, build_affine(import, x, alpha, beta), 0.0, 1.0);
}

enum status op_import_hard_sigmoid(struct import *import)
{
    const struct tensor *x = NULL;
    double alpha = (double)0.2F;
    double beta = 0.5;
    IMPORT_TRY(read_real(import, &x));
    IMPORT_TRY(import_float(import, "alpha", &alpha));
    IMPORT_TRY(import_float(import, "beta", &beta));
    return build_output(import, 0, x->type,
                        hard_sigmoid(import, x, alpha, beta));
}

/* x * min(max((x + 3) / 6, 0), 1) = x * min(max(x + 3, 0), 6) / 6 */
enum status op_import_hard_swish(struct import *import)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_real(import, &x));
    const struct tensor *gate =
        build_clip(import, build_affine(import, x, 1.0, 3.0), 0.0, 6.0);
    return build_output(import, 0, x->type,
                        build_quotient(import, build_product(import, x, gate),
                                       build_number(import, 6.0)));
}

/* x / sqrt(2) with the root exact. */
static struct tensor *over_root_two(struct import *import,
                                    const struct tensor *x)
{
    struct scaling scaling = {0};
    NEW_ARRAY(scaling.scale, x->n);
    NEW_ARRAY(scaling.variance, x->n);
    for (size_t i = 0; i < x->n; i++) {
        scaling.scale[i] = 1.0;
        scaling.variance[i] = 2.0;
    }
    return build_scale(import, x, scaling);
}

/* sqrt(2 / pi) * (x + 0.044715 x^3), constants in float64 */
static struct tensor *tanh_argument(struct import *import,
                                    const struct tensor *x)
{
    const struct tensor *square = build_function(import, ACTIVATION_SQUARE, x);
    const struct tensor *cube = build_product(import, x, square);
    return build_affine(import, build_sum(import, x, 1.0, cube, 0.044715),
                        sqrt(2.0 / acos(-1.0)), 0.0);
}

/* x/2 * (1 + erf(x / sqrt 2)), or with tanh instead. */
enum status op_import_gelu(struct import *import)
{
    const struct tensor *x = NULL;
    const char *mode = "none";
    IMPORT_TRY(read_real(import, &x));
    IMPORT_TRY(import_string(import, "approximate", &mode));
    if (strcmp(mode, "none") != 0 && strcmp(mode, "tanh") != 0) {
        return import_refuse(import, STATUS_BAD_INPUT, "approximate = %s",
                             mode);
    }
    const bool is_erf = strcmp(mode, "none") == 0;
    const struct tensor *curve =
        is_erf
            ? build_function(import, ACTIVATION_ERF, over_root_two(import, x))
            : build_function(import, ACTIVATION_TANH, tanh_argument(import, x));
    const struct tensor *gate = build_affine(import, curve, 0.5, 0.5);
    return build_output(import, 0, x->type, build_product(import, x, gate));
}

/* x / (1 + |x|) */
enum status op_import_softsign(struct import *import)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_real(import, &x));
    const struct tensor *below =
        build_affine(import, build_abs(import, x), 1.0, 1.0);
    return build_output(import, 0, x->type, build_quotient(import, x, below));
}

/* x * tanh(softplus(x)) */
enum status op_import_mish(struct import *import)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_real(import, &x));
    const struct tensor *gate =
        build_function(import, ACTIVATION_TANH,
                       build_function(import, ACTIVATION_SOFTPLUS, x));
    return build_output(import, 0, x->type, build_product(import, x, gate));
}

/* tan = sin / cos */
enum status op_import_tan(struct import *import)
{
    const struct tensor *x = NULL;
    IMPORT_TRY(read_real(import, &x));
    const struct tensor *above = build_function(import, ACTIVATION_SIN, x);
    const struct tensor *below = build_function(import, ACTIVATION_COS, x);
    return build_output(import, 0, x->type,
                        build_quotient(import, above, below));
}
