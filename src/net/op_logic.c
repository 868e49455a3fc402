/* Comparisons, logic and choices: numbers 0 and 1 from signs. */
#include "src/net/build.h"
#include "src/net/operators.h"

/* scale * (a - b), broadcast; before opset 7 the shapes must be the same. */
static enum status read_difference(const struct tensor **difference,
                                   struct import *import, double scale)
{
    struct shape shape = {0};
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    const struct tensor *a = import_input(import, 0);
    const struct tensor *b = import_input(import, 1);
    import_ignore(import, import->opset < 7 ? "broadcast" : "");
    if (!shape_broadcast(&shape, &a->shape, &b->shape) ||
        shape_count(&shape) > SHAPE_ELEMENTS || a->type != b->type) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "operands do not fit each other");
    }
    *difference = build_sum(import, a, scale, b, -scale);
    return STATUS_OK;
}

/* 1 - x */
static const struct tensor *negated(struct import *import,
                                    const struct tensor *x)
{
    return build_affine(import, x, -1.0, 1.0);
}

enum status op_import_equal(struct import *import)
{
    const struct tensor *difference = NULL;
    IMPORT_TRY(read_difference(&difference, import, 1.0));
    return build_output(import, 0, MODEL_BOOL,
                        negated(import, build_is_nonzero(import, difference)));
}

enum status op_import_greater(struct import *import)
{
    const struct tensor *difference = NULL;
    IMPORT_TRY(read_difference(&difference, import, 1.0));
    return build_output(import, 0, MODEL_BOOL,
                        build_is_positive(import, difference));
}

enum status op_import_less(struct import *import)
{
    const struct tensor *difference = NULL;
    IMPORT_TRY(read_difference(&difference, import, -1.0));
    return build_output(import, 0, MODEL_BOOL,
                        build_is_positive(import, difference));
}

enum status op_import_greater_or_equal(struct import *import)
{
    const struct tensor *difference = NULL;
    IMPORT_TRY(read_difference(&difference, import, -1.0));
    return build_output(import, 0, MODEL_BOOL,
                        negated(import, build_is_positive(import, difference)));
}

enum status op_import_less_or_equal(struct import *import)
{
    const struct tensor *difference = NULL;
    IMPORT_TRY(read_difference(&difference, import, 1.0));
    return build_output(import, 0, MODEL_BOOL,
                        negated(import, build_is_positive(import, difference)));
}

/* The formulas of logic hold for 0 and 1 only. */
static enum status check_truth(struct import *import)
{
    return import_input(import, 0)->type == MODEL_BOOL
               ? STATUS_OK
               : import_refuse(import, STATUS_BAD_INPUT,
                               "operands are no truth values");
}

/* max(a - b, 0) + max(b - a, 0) */
enum status op_import_xor(struct import *import)
{
    const struct tensor *difference = NULL;
    IMPORT_TRY(read_difference(&difference, import, 1.0));
    IMPORT_TRY(check_truth(import));
    return build_output(import, 0, MODEL_BOOL, build_abs(import, difference));
}

/* a + b of two Boolean inputs. */
static enum status read_total(const struct tensor **total,
                              struct import *import)
{
    struct shape shape = {0};
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    const struct tensor *a = import_input(import, 0);
    const struct tensor *b = import_input(import, 1);
    if (!shape_broadcast(&shape, &a->shape, &b->shape) ||
        shape_count(&shape) > SHAPE_ELEMENTS || a->type != MODEL_BOOL ||
        b->type != MODEL_BOOL) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "operands do not fit each other");
    }
    *total = build_sum(import, a, 1.0, b, 1.0);
    return STATUS_OK;
}

enum status op_import_and(struct import *import)
{
    const struct tensor *total = NULL;
    IMPORT_TRY(read_total(&total, import));
    return build_output(
        import, 0, MODEL_BOOL,
        build_relu(import, build_affine(import, total, 1.0, -1.0)));
}

/* 1 - max(1 - a - b, 0) */
enum status op_import_or(struct import *import)
{
    const struct tensor *total = NULL;
    IMPORT_TRY(read_total(&total, import));
    return build_output(
        import, 0, MODEL_BOOL,
        negated(import, build_relu(import, negated(import, total))));
}

enum status op_import_not(struct import *import)
{
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(check_truth(import));
    return build_output(import, 0, MODEL_BOOL,
                        negated(import, import_input(import, 0)));
}

enum status op_import_where(struct import *import)
{
    struct shape values = {0};
    struct shape shape = {0};
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    const struct tensor *c = import_input(import, 0);
    const struct tensor *a = import_input(import, 1);
    const struct tensor *b = import_input(import, 2);
    if (c->type != MODEL_BOOL || a->type != b->type ||
        !shape_broadcast(&values, &a->shape, &b->shape) ||
        !shape_broadcast(&shape, &values, &c->shape) ||
        shape_count(&shape) > SHAPE_ELEMENTS) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "inputs do not fit each other");
    }
    return build_output(import, 0, a->type, build_choice(import, c, a, b));
}
