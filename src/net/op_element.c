/* Arithmetic element by element with NumPy broadcasting. */
#include "src/base/alloc.h"
#include "src/net/exact.h"
#include "src/net/operators.h"

enum arithmetic {
    ARITHMETIC_ADD,
    ARITHMETIC_SUB,
    ARITHMETIC_MUL,
    ARITHMETIC_DIV
};

/* a op b; false if the real result is not an element of the type. */
static bool fold_real(double *result, enum arithmetic arithmetic, double a,
                      double b, int type)
{
    bool is_exact = false;
    switch (arithmetic) {
    case ARITHMETIC_ADD:
        *result = a + b;
        is_exact = is_exact_sum(a, b);
        break;
    case ARITHMETIC_SUB:
        *result = a - b;
        is_exact = is_exact_sum(a, -b);
        break;
    case ARITHMETIC_MUL:
        *result = a * b;
        is_exact = is_exact_product(a, b);
        break;
    case ARITHMETIC_DIV:
        if (is_zero(b)) {
            return false;
        }
        *result = a / b;
        is_exact = is_exact_product(*result, b) && is_equal(*result * b, a);
        break;
    }
    return is_exact && (type == MODEL_DOUBLE ||
                        (fabs(*result) <= 0x1p+127 &&
                         is_equal((double)(float)*result, *result)));
}

/* a op b in int64; false on overflow or division by zero. ONNX divides
 * towards zero. */
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
    uint32_t *map_a; /* broadcasts; NULL: identity */
    uint32_t *map_b;
};

static enum status read_pair(struct pair *pair, struct import *import)
{
    const enum status status = import_arity(import, 2, 2, 1);
    if (status != STATUS_OK) {
        return status;
    }
    pair->a = import_input(import, 0);
    pair->b = import_input(import, 1);
    if (!shape_broadcast(&pair->shape, &pair->a->shape, &pair->b->shape)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "shapes do not broadcast");
    }
    if (shape_count(&pair->shape) > SHAPE_ELEMENTS) {
        return import_refuse(import, STATUS_UNSUPPORTED, "output too large");
    }
    const bool is_real = constant_is_real_type(pair->a->type) &&
                         constant_is_real_type(pair->b->type);
    if (!is_real && pair->a->type != pair->b->type) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "operands of different element types");
    }
    pair->type = pair->a->type == MODEL_DOUBLE ? MODEL_DOUBLE : pair->b->type;
    pair->map_a = shape_broadcast_map(&pair->shape, &pair->a->shape);
    pair->map_b = shape_broadcast_map(&pair->shape, &pair->b->shape);
    return STATUS_OK;
}

static size_t mapped(const uint32_t *map, size_t i)
{
    return map == NULL ? i : map[i];
}

static bool fold_reals(struct tensor *output, const struct pair *pair,
                       enum arithmetic arithmetic)
{
    bool is_exact = true;
    double *a = import_reals(pair->a);
    double *b = import_reals(pair->b);
    NEW_ARRAY(output->constant.reals, output->n);
    for (size_t i = 0; i < output->n && is_exact; i++) {
        is_exact = fold_real(&output->constant.reals[i], arithmetic,
                             a[mapped(pair->map_a, i)],
                             b[mapped(pair->map_b, i)], pair->type);
    }
    alloc_free(a);
    alloc_free(b);
    return is_exact;
}

static bool fold_integers(struct tensor *output, const struct pair *pair,
                          enum arithmetic arithmetic)
{
    bool is_exact = true;
    NEW_ARRAY(output->constant.integers, output->n);
    for (size_t i = 0; i < output->n && is_exact; i++) {
        int64_t a = 0;
        int64_t b = 0;
        constant_read_integers(&a, &pair->a->constant, mapped(pair->map_a, i),
                               1);
        constant_read_integers(&b, &pair->b->constant, mapped(pair->map_b, i),
                               1);
        is_exact =
            fold_integer(&output->constant.integers[i], arithmetic, a, b);
    }
    return is_exact;
}

static enum status fold(struct import *import, const struct pair *pair,
                        enum arithmetic arithmetic, struct tensor *output)
{
    output->is_constant = true;
    const bool is_exact = constant_is_real_type(pair->type)
                              ? fold_reals(output, pair, arithmetic)
                              : fold_integers(output, pair, arithmetic);
    return is_exact ? STATUS_OK
                    : import_refuse(import, STATUS_UNSUPPORTED,
                                    "arithmetic on constants is not exact");
}

/* Elements of the constant operand in the output's order. */
static double *spread(const struct tensor *constant, const uint32_t *map,
                      size_t n)
{
    double *values = import_reals(constant);
    double *all = NULL;
    if (map == NULL) {
        return values;
    }
    NEW_ARRAY(all, n);
    for (size_t i = 0; i < n; i++) {
        all[i] = values[map[i]];
    }
    alloc_free(values);
    return all;
}

static void negate(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = -values[i];
    }
}

/* One operand is constant: its elements become bias, weight or divisor. */
static enum status add_with_constant(struct import *import, struct pair *pair,
                                     enum arithmetic arithmetic,
                                     const struct tensor *output)
{
    const bool is_left = pair->a->is_constant;
    const struct tensor *computed = is_left ? pair->b : pair->a;
    uint32_t **map = is_left ? &pair->map_b : &pair->map_a;
    double *values = spread(is_left ? pair->a : pair->b,
                            is_left ? pair->map_a : pair->map_b, output->n);
    for (size_t i = 0; i < output->n; i++) {
        if (arithmetic == ARITHMETIC_DIV && (is_left || is_zero(values[i]))) {
            alloc_free(values);
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 is_left ? "division by a computed tensor"
                                         : "division by zero");
        }
    }
    struct node *node = import_node(import, NODE_LINEAR, output, &computed, 1);
    struct linear *linear = &node->linear;
    linear->form = LINEAR_ELEMENT;
    NEW_ARRAY(linear->slots, 1);
    linear->slots[0] = (struct linear_slot){*map, NULL, 1.0};
    *map = NULL;
    switch (arithmetic) {
    case ARITHMETIC_ADD:
        linear->bias = values;
        break;
    case ARITHMETIC_SUB:
        linear->bias = values;
        linear->slots[0].scale = is_left ? -1.0 : 1.0;
        if (!is_left) {
            negate(values, output->n);
        }
        break;
    case ARITHMETIC_MUL:
        linear->slots[0].weight = values;
        break;
    case ARITHMETIC_DIV:
        linear->divisor = values;
        break;
    }
    return STATUS_OK;
}

static enum status add_computed(struct import *import, struct pair *pair,
                                enum arithmetic arithmetic,
                                const struct tensor *output)
{
    const struct tensor *args[2] = {pair->a, pair->b};
    if (arithmetic == ARITHMETIC_MUL || arithmetic == ARITHMETIC_DIV) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "product or quotient of two computed tensors");
    }
    struct node *node = import_node(import, NODE_LINEAR, output, args, 2);
    const double sign = arithmetic == ARITHMETIC_SUB ? -1.0 : 1.0;
    node->linear.form = LINEAR_ELEMENT;
    NEW_ARRAY(node->linear.slots, 2);
    node->linear.slots[0] = (struct linear_slot){pair->map_a, NULL, 1.0};
    node->linear.slots[1] = (struct linear_slot){pair->map_b, NULL, sign};
    pair->map_a = NULL;
    pair->map_b = NULL;
    return STATUS_OK;
}

static enum status import_binary(struct import *import,
                                 enum arithmetic arithmetic)
{
    enum status status = STATUS_OK;
    struct pair pair = {0};
    struct tensor *output = NULL;
    STATUS_TRY(read_pair(&pair, import));
    STATUS_TRY(import_output(import, 0, pair.type, &pair.shape, &output));
    if (pair.a->is_constant && pair.b->is_constant) {
        STATUS_TRY(fold(import, &pair, arithmetic, output));
    } else if (pair.a->is_constant || pair.b->is_constant) {
        STATUS_TRY(add_with_constant(import, &pair, arithmetic, output));
    } else {
        STATUS_TRY(add_computed(import, &pair, arithmetic, output));
    }
cleanup:
    alloc_free(pair.map_a);
    alloc_free(pair.map_b);
    return status;
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

static enum status fold_neg(struct import *import, const struct tensor *input,
                            struct tensor *output)
{
    output->is_constant = true;
    if (constant_is_real_type(input->type)) {
        output->constant.reals = import_reals(input);
        negate(output->constant.reals, output->n);
        return STATUS_OK;
    }
    NEW_ARRAY(output->constant.integers, output->n);
    constant_read_integers(output->constant.integers, &input->constant, 0,
                           input->n);
    for (size_t i = 0; i < output->n; i++) {
        int64_t *value = &output->constant.integers[i];
        if (!fold_integer(value, ARITHMETIC_SUB, 0, *value)) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "integer overflow");
        }
    }
    return STATUS_OK;
}

enum status op_import_neg(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    struct tensor *output = NULL;
    struct node *node = NULL;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    input = import_input(import, 0);
    STATUS_TRY(import_output(import, 0, input->type, &input->shape, &output));
    if (input->is_constant) {
        return fold_neg(import, input, output);
    }
    node = import_node(import, NODE_LINEAR, output, &input, 1);
    node->linear.form = LINEAR_ELEMENT;
    NEW_ARRAY(node->linear.slots, 1);
    node->linear.slots[0].scale = -1.0;
cleanup:
    return status;
}

/* The common shape and type of all inputs of a Sum. */
static enum status sum_shape(struct shape *shape, int *type,
                             struct import *import, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct tensor *input = import_input(import, i);
        struct shape both = {0};
        if (input == NULL || !constant_is_real_type(input->type) ||
            (i > 0 && !shape_broadcast(&both, shape, &input->shape))) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "input %zu is absent or does not fit", i);
        }
        *shape = i == 0 ? input->shape : both;
        *type = input->type == MODEL_DOUBLE ? MODEL_DOUBLE : *type;
    }
    return STATUS_OK;
}

enum status op_import_sum(struct import *import)
{
    enum status status = STATUS_OK;
    const size_t n = import_n_inputs(import);
    const struct tensor **args = NULL;
    struct tensor *output = NULL;
    struct node *node = NULL;
    struct shape shape = {0};
    int type = MODEL_FLOAT;
    STATUS_TRY(import_arity(import, 1, SIZE_MAX, 1));
    STATUS_TRY(sum_shape(&shape, &type, import, n));
    NEW_ARRAY(args, n);
    for (size_t i = 0; i < n; i++) {
        args[i] = import_input(import, i);
        if (args[i]->is_constant) {
            status = import_refuse(import, STATUS_UNSUPPORTED,
                                   "input %zu is constant", i);
            goto cleanup;
        }
    }
    STATUS_TRY(import_output(import, 0, type, &shape, &output));
    node = import_node(import, NODE_LINEAR, output, args, n);
    node->linear.form = LINEAR_ELEMENT;
    NEW_ARRAY(node->linear.slots, n);
    for (size_t i = 0; i < n; i++) {
        node->linear.slots[i].index =
            shape_broadcast_map(&shape, &args[i]->shape);
        node->linear.slots[i].scale = 1.0;
    }
cleanup:
    alloc_free(args);
    return status;
}
