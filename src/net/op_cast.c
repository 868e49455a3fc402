/* Conversions between element types. */
#include "src/net/build.h"
#include "src/net/cells.h"
#include "src/net/operators.h"
#include "src/net/type_range.h"
#include "src/onnx/model_tensor.h"

static bool is_number(int type)
{
    return constant_is_real_type(type) || constant_is_integer_type(type);
}

/* True if the integers of `from` all belong to `to`. */
static bool is_wider(int to, int from)
{
    struct type_range wide = {0};
    struct type_range narrow = {0};
    return type_range_get(&wide, to) && type_range_get(&narrow, from) &&
           wide.lowest <= narrow.lowest && wide.highest >= narrow.highest;
}

/*
 * Real numbers stay what they are, whatever their type; to integers they are
 * rounded towards zero, and those that do not fit have no defined result;
 * integers are wrapped into narrower types; to
 * bool everything but 0 is 1.
 */
static enum status cast(struct import *import, const struct tensor *x, int to)
{
    if (!is_number(to) || !is_number(x->type)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "cast from %s to %s is not supported",
                             model_type_name(x->type), model_type_name(to));
    }
    if (to == MODEL_BOOL && x->type != MODEL_BOOL) {
        return build_output(import, 0, to, build_is_nonzero(import, x));
    }
    if (constant_is_integer_type(to) && constant_is_real_type(x->type)) {
        bool is_pinned = false;
        IMPORT_TRY(cells_cast(&is_pinned, import, x, to));
        if (is_pinned) {
            return STATUS_OK;
        }
        return build_output(import, 0, to, build_truncated(import, x));
    }
    if (constant_is_integer_type(to) && !is_wider(to, x->type) &&
        !x->is_constant) {
        return build_output(import, 0, to, build_wrapped(import, x, to));
    }
    return build_output(import, 0, to,
                        build_map(import, &x->shape, &x, 1, NULL));
}

/* A constant must fit the integer type. */
static enum status check_range(struct import *import, const struct tensor *x,
                               int to)
{
    struct type_range range = {0};
    if (!x->is_constant || !type_range_get(&range, to) || to == MODEL_BOOL) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < x->n; i++) {
        double real = 0.0;
        int64_t integer = 0;
        if (constant_is_real_type(x->type)) {
            constant_read_reals(&real, &x->constant, i, 1);
        } else {
            constant_read_integers(&integer, &x->constant, i, 1);
            real = (double)integer;
        }
        if (real <= range.lowest - 1.0 || real >= range.highest + 1.0) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "element %zu does not fit the new type", i);
        }
    }
    return STATUS_OK;
}

enum status op_import_cast(struct import *import)
{
    int64_t to = 0;
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_int(import, "to", &to));
    if (import->opset >= 19) {
        import_ignore(import, "saturate");
    }
    if (import->opset >= 24) {
        import_ignore(import, "round_mode");
    }
    const struct tensor *x = import_input(import, 0);
    const int type = to < 0 || to > MODEL_BFLOAT16 ? 0 : (int)to;
    IMPORT_TRY(check_range(import, x, type));
    return cast(import, x, type);
}

enum status op_import_cast_like(struct import *import)
{
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    if (import->opset >= 19) {
        import_ignore(import, "saturate");
    }
    if (import->opset >= 24) {
        import_ignore(import, "round_mode");
    }
    const struct tensor *x = import_input(import, 0);
    const int type = import_input(import, 1)->type;
    IMPORT_TRY(check_range(import, x, type));
    return cast(import, x, type);
}
