/* Arithmetic, comparisons and logic element by element with broadcasting. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/exact.h"
#include "src/net/operators.h"
#include "src/net/type_range.h"

enum arithmetic {
    ARITHMETIC_ADD,
    ARITHMETIC_SUB,
    ARITHMETIC_MUL,
    ARITHMETIC_DIV
};

/* a op b in int64; false if it is not sure to be right in every type: for
 * large operands, and for division by zero. ONNX divides towards zero. */
static bool fold_integer(int64_t *result, enum arithmetic arithmetic, int64_t a,
                         int64_t b)
{
    const int64_t limit = INT64_C(1) << 31;
    const bool is_small = a > -limit && a < limit && b > -limit && b < limit;
    if (!is_small) {
        return false;
    }
    switch (arithmetic) {
    case ARITHMETIC_ADD:
        *result = a + b;
        return true;
    case ARITHMETIC_SUB:
        *result = a - b;
        return true;
    case ARITHMETIC_MUL:
        *result = a * b;
        return true;
    case ARITHMETIC_DIV:
        *result = b == 0 ? 0 : a / b;
        return b != 0;
    }
    return false;
}

/* Both operands of a binary operator and their common shape. */
struct pair {
    const struct tensor *a;
    const struct tensor *b;
    struct shape shape;
    int type;
};

/* Before opset 7 operand b is aligned with the axes of a from `axis` on. */
static enum status align(struct pair *pair, struct import *import)
{
    int64_t is_broadcast = 0;
    int64_t axis = INT64_MAX;
    size_t first = 0;
    struct shape shape = pair->a->shape;
    IMPORT_TRY(import_int(import, "broadcast", &is_broadcast));
    IMPORT_TRY(import_int(import, "axis", &axis));
    if (is_broadcast == 0 || pair->b->shape.n_dims > shape.n_dims) {
        return shape_is_same(&pair->a->shape, &pair->b->shape)
                   ? STATUS_OK
                   : import_refuse(import, STATUS_BAD_INPUT, "shapes differ");
    }
    first = shape.n_dims - pair->b->shape.n_dims;
    if (axis != INT64_MAX && !shape_axis(&first, axis, shape.n_dims)) {
        return import_refuse(import, STATUS_BAD_INPUT, "axis out of range");
    }
    for (size_t d = 0; d < shape.n_dims; d++) {
        const bool is_inside = d >= first && d - first < pair->b->shape.n_dims;
        shape.dims[d] = is_inside ? pair->b->shape.dims[d - first] : 1;
    }
    if (shape_count(&shape) != pair->b->n) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "shapes do not broadcast");
    }
    pair->b = build_map(import, &shape, &pair->b, 1, NULL);
    return STATUS_OK;
}

static enum status read_pair(struct pair *pair, struct import *import)
{
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    pair->a = import_input(import, 0);
    pair->b = import_input(import, 1);
    const bool is_real = constant_is_real_type(pair->a->type) &&
                         constant_is_real_type(pair->b->type);
    if (!is_real && pair->a->type != pair->b->type) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "operands of different element types");
    }
    pair->type = pair->a->type == MODEL_DOUBLE ? MODEL_DOUBLE : pair->b->type;
    if (import->opset < 7) {
        IMPORT_TRY(align(pair, import));
    }
    if (!shape_broadcast(&pair->shape, &pair->a->shape, &pair->b->shape)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "shapes do not broadcast");
    }
    return shape_count(&pair->shape) <= SHAPE_ELEMENTS
               ? STATUS_OK
               : import_refuse(import, STATUS_UNSUPPORTED, "output too large");
}

static size_t mapped(const uint32_t *map, size_t i)
{
    return map == NULL ? i : map[i];
}

/* Arithmetic on two integer constants. */
static enum status fold_integers(struct import *import, const struct pair *pair,
                                 enum arithmetic arithmetic)
{
    struct tensor *output = NULL;
    struct type_range range = {0};
    bool is_exact = pair->type != MODEL_BOOL;
    (void)type_range_get(&range, pair->type);
    IMPORT_TRY(import_output(import, 0, pair->type, &pair->shape, &output));
    uint32_t *map_a = shape_broadcast_map(&pair->shape, &pair->a->shape);
    uint32_t *map_b = shape_broadcast_map(&pair->shape, &pair->b->shape);
    output->is_constant = true;
    NEW_ARRAY(output->constant.integers, output->n);
    for (size_t i = 0; i < output->n && is_exact; i++) {
        int64_t a = 0;
        int64_t b = 0;
        constant_read_integers(&a, &pair->a->constant, mapped(map_a, i), 1);
        constant_read_integers(&b, &pair->b->constant, mapped(map_b, i), 1);
        int64_t *y = &output->constant.integers[i];
        is_exact = fold_integer(y, arithmetic, a, b) &&
                   (double)*y >= range.lowest && (double)*y <= range.highest;
    }
    alloc_free(map_a);
    alloc_free(map_b);
    return is_exact ? STATUS_OK
                    : import_refuse(import, STATUS_UNSUPPORTED,
                                    "arithmetic on constants is not exact");
}

/* a / b towards zero for integers: (|a| + 1/2) / |b| is never close to an
 * integer, so that its floor is right in rounded arithmetic too. */
static const struct tensor *integer_quotient(struct import *import,
                                             const struct pair *pair)
{
    const struct tensor *above =
        build_affine(import, build_abs(import, pair->a), 1.0, 0.5);
    const struct tensor *floor = build_function(
        import, ACTIVATION_FLOOR,
        build_quotient(import, above, build_abs(import, pair->b)));
    const struct tensor *sign =
        build_product(import, build_function(import, ACTIVATION_SIGN, pair->a),
                      build_function(import, ACTIVATION_SIGN, pair->b));
    return build_product(import, floor, sign);
}

static enum status import_binary(struct import *import,
                                 enum arithmetic arithmetic)
{
    struct pair pair = {0};
    const struct tensor *y = NULL;
    IMPORT_TRY(read_pair(&pair, import));
    const bool is_integer = !constant_is_real_type(pair.type);
    if (is_integer && pair.a->is_constant && pair.b->is_constant) {
        return fold_integers(import, &pair, arithmetic);
    }
    switch (arithmetic) {
    case ARITHMETIC_ADD:
        y = build_sum(import, pair.a, 1.0, pair.b, 1.0);
        break;
    case ARITHMETIC_SUB:
        y = build_sum(import, pair.a, 1.0, pair.b, -1.0);
        break;
    case ARITHMETIC_MUL:
        y = build_product(import, pair.a, pair.b);
        break;
    case ARITHMETIC_DIV:
        y = is_integer ? integer_quotient(import, &pair)
                       : build_quotient(import, pair.a, pair.b);
        break;
    }
    return build_arithmetic(import, pair.type, y);
}

enum status op_import_add(struct import *import)
{
    return import_binary(import, ARITHMETIC_ADD);
}

enum status op_import_sub(struct import *import)
{
    return import_binary(import, ARITHMETIC_SUB);
}

enum status op_import_mul(struct import *import)
{
    return import_binary(import, ARITHMETIC_MUL);
}

enum status op_import_div(struct import *import)
{
    return import_binary(import, ARITHMETIC_DIV);
}

enum status op_import_neg(struct import *import)
{
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    const struct tensor *x = import_input(import, 0);
    return build_arithmetic(import, x->type,
                            build_affine(import, x, -1.0, 0.0));
}

/* Folds all inputs from the left with one of the following. */
typedef const struct tensor *combine_both(struct import *import,
                                          const struct tensor *a,
                                          const struct tensor *b);

static const struct tensor *
add_both(struct import *import, const struct tensor *a, const struct tensor *b)
{
    return build_sum(import, a, 1.0, b, 1.0);
}

static const struct tensor *extreme(struct import *import,
                                    const struct tensor *a,
                                    const struct tensor *b, bool is_least)
{
    const struct tensor *const args[2] = {a, b};
    struct shape shape = {0};
    struct sets sets = {.is_least = is_least};
    (void)shape_broadcast(&shape, &a->shape, &b->shape);
    const size_t n = shape_count(&shape);
    uint32_t *map_a = shape_broadcast_map(&shape, &a->shape);
    uint32_t *map_b = shape_broadcast_map(&shape, &b->shape);
    NEW_ARRAY(sets.start, n + 1);
    NEW_ARRAY(sets.element, 2 * n);
    for (size_t i = 0; i < n; i++) {
        sets.start[i + 1] = 2 * (i + 1);
        sets.element[2 * i] = (uint32_t)mapped(map_a, i);
        sets.element[2 * i + 1] = (uint32_t)(a->n + mapped(map_b, i));
    }
    alloc_free(map_a);
    alloc_free(map_b);
    return build_extreme(import, NODE_EXTREME, &shape, args, 2, sets);
}

static const struct tensor *
greatest(struct import *import, const struct tensor *a, const struct tensor *b)
{
    return extreme(import, a, b, false);
}

static const struct tensor *least(struct import *import, const struct tensor *a,
                                  const struct tensor *b)
{
    return extreme(import, a, b, true);
}

/* All inputs combined, in their common shape. */
static enum status fold_inputs(const struct tensor **y, struct import *import,
                               combine_both *combine)
{
    const size_t n = import_n_inputs(import);
    IMPORT_TRY(import_arity(import, 1, SIZE_MAX, 1));
    IMPORT_TRY(import_check_types(import, 0, n));
    for (size_t i = 0; i < n; i++) {
        const struct tensor *x = import_input(import, i);
        struct shape both = {0};
        if (x == NULL ||
            (i > 0 && (!shape_broadcast(&both, &(*y)->shape, &x->shape) ||
                       shape_count(&both) > SHAPE_ELEMENTS))) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "input %zu is absent or does not fit", i);
        }
        *y = i == 0 ? x : combine(import, *y, x);
    }
    return STATUS_OK;
}

static enum status import_fold(struct import *import, combine_both *combine)
{
    const struct tensor *y = NULL;
    IMPORT_TRY(fold_inputs(&y, import, combine));
    return build_output(import, 0, import_input(import, 0)->type, y);
}

enum status op_import_sum(struct import *import)
{
    IMPORT_TRY(import_arity(import, 1, SIZE_MAX, 1));
    IMPORT_TRY(import_check_real(import));
    return import_fold(import, add_both);
}

enum status op_import_max(struct import *import)
{
    return import_fold(import, greatest);
}

enum status op_import_min(struct import *import)
{
    return import_fold(import, least);
}

enum status op_import_mean(struct import *import)
{
    const struct tensor *y = NULL;
    IMPORT_TRY(fold_inputs(&y, import, add_both));
    IMPORT_TRY(import_check_real(import));
    const struct tensor *n =
        build_number(import, (double)import_n_inputs(import));
    return build_output(import, 0, import_input(import, 0)->type,
                        build_quotient(import, y, n));
}
