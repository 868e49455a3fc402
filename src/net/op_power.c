/* Powers: by squares and products, or through logarithms. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/exact.h"
#include "src/net/operators.h"

/* Highest exponent that is written as products. */
enum { PRODUCTS = 16 };

/* x^n by squares of the binary digits, n >= 1; x^3 = x * x^2. */
static const struct tensor *whole_power(struct import *import,
                                        const struct tensor *x, unsigned n)
{
    const struct tensor *power = NULL;
    const struct tensor *base = x;
    for (; n > 0; n /= 2) {
        if (n % 2 == 1) {
            power = power == NULL ? base : build_product(import, power, base);
        }
        base = n > 1 ? build_function(import, ACTIVATION_SQUARE, base) : base;
    }
    return power;
}

/* x to a constant exponent; NULL if it has no rule of its own. */
static const struct tensor *
constant_power(struct import *import, const struct tensor *x, double exponent)
{
    const double size = fabs(exponent);
    const struct tensor *y = NULL;
    if (is_zero(exponent)) {
        return build_affine(import, x, 0.0, 1.0);
    }
    if (is_equal(size, 0.5)) {
        y = build_function(import, ACTIVATION_SQRT, x);
    } else if (size <= PRODUCTS && is_equal(size, floor(size))) {
        y = whole_power(import, x, (unsigned)size);
    } else {
        return NULL;
    }
    return exponent < 0.0 ? build_function(import, ACTIVATION_RECIPROCAL, y)
                          : y;
}

/* The one value of a constant exponent; false if there are several. *is_whole:
 * all exponents are whole numbers, none negative. */
static bool read_exponent(struct import *import, double *exponent,
                          bool *is_whole, const struct tensor *tensor)
{
    *is_whole = constant_is_integer_type(tensor->type);
    if (!tensor->is_constant || tensor->n == 0) {
        return false;
    }
    bool is_same = true;
    double *values = build_read(import, tensor);
    *exponent = values[0];
    *is_whole = true;
    for (size_t i = 0; i < tensor->n; i++) {
        is_same = is_same && is_equal(values[i], values[0]);
        *is_whole = *is_whole && values[i] >= 0.0 &&
                    is_equal(values[i], floor(values[i]));
    }
    alloc_free(values);
    return is_same;
}

/* exp(exponent * log(x)): an error where x <= 0. */
enum status op_import_pow(struct import *import)
{
    struct shape shape = {0};
    double exponent = 0.0;
    bool is_whole = false;
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    import_ignore(import, import->opset < 7 ? "broadcast" : "");
    const struct tensor *x = import_input(import, 0);
    const struct tensor *power = import_input(import, 1);
    const struct tensor *y = NULL;
    if (!shape_broadcast(&shape, &x->shape, &power->shape) ||
        shape_count(&shape) > SHAPE_ELEMENTS) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "shapes do not broadcast");
    }
    if (read_exponent(import, &exponent, &is_whole, power)) {
        y = constant_power(import, x, exponent);
    }
    if (!constant_is_real_type(x->type) && !is_whole) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "power of integers to no whole number");
    }
    if (y == NULL) {
        const struct tensor *log = build_function(import, ACTIVATION_LOG, x);
        y = build_function(import, ACTIVATION_EXP,
                           build_product(import, log, power));
        if (!constant_is_real_type(x->type)) {
            y = build_rounded(import, y);
        }
    }
    if (!shape_is_same(&y->shape, &shape)) {
        y = build_spread(import, &shape, y);
    }
    return build_arithmetic(import, x->type, y);
}
