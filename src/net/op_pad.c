/* Padding with a constant; negative amounts cut off. */
#include "src/base/alloc.h"
#include "src/net/exact.h"
#include "src/net/operators.h"

#include <string.h>

/* Elements to add before and after each axis. */
struct amounts {
    int64_t before[SHAPE_RANK];
    int64_t after[SHAPE_RANK];
};

/* Distributes 2 * n numbers over the axes (all in order when axes is NULL). */
static enum status set_amounts(struct amounts *amounts, struct import *import,
                               const int64_t *pads, size_t n,
                               const int64_t *axes)
{
    const size_t rank = import_input(import, 0)->shape.n_dims;
    bool is_set[SHAPE_RANK] = {false};
    for (size_t i = 0; i < n / 2; i++) {
        size_t axis = i;
        if (axes != NULL && !shape_axis(&axis, axes[i], rank)) {
            axis = SHAPE_RANK;
        }
        if (axis >= rank || is_set[axis] || pads[i] > SHAPE_ELEMENTS ||
            pads[i] < -SHAPE_ELEMENTS || pads[n / 2 + i] > SHAPE_ELEMENTS ||
            pads[n / 2 + i] < -SHAPE_ELEMENTS) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "pads %zu: axis or amount out of range", i);
        }
        is_set[axis] = true;
        amounts->before[axis] = pads[i];
        amounts->after[axis] = pads[n / 2 + i];
    }
    return STATUS_OK;
}

static enum status read_amounts(struct amounts *amounts, struct import *import,
                                double *value)
{
    enum status status = STATUS_OK;
    const size_t rank = import_input(import, 0)->shape.n_dims;
    const int64_t *given = NULL;
    int64_t *pads = NULL;
    int64_t *axes = NULL;
    size_t n = 0;
    size_t n_axes = rank;
    if (import->opset < 11) {
        STATUS_TRY(import_ints(import, "pads", &given, &n));
        STATUS_TRY(import_float(import, "value", value));
    } else {
        STATUS_TRY(import_integers(import, 1, &pads, &n));
        STATUS_TRY(import_number_input(import, 2, value));
        STATUS_TRY(import_integers(import, 3, &axes, &n_axes));
        given = pads;
    }
    if (given == NULL || n != 2 * n_axes) {
        status = import_refuse(import, STATUS_BAD_INPUT,
                               "%zu pads for %zu axes", n, n_axes);
        goto cleanup;
    }
    STATUS_TRY(set_amounts(amounts, import, given, n, axes));
cleanup:
    alloc_free(pads);
    alloc_free(axes);
    return status;
}

enum pad_mode { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT, PAD_WRAP };

/* The place that stands for `index` outside [0, n). */
static int64_t fold_index(int64_t index, int64_t n, enum pad_mode mode)
{
    if (mode == PAD_EDGE) {
        return index < 0 ? 0 : (index >= n ? n - 1 : index);
    }
    const int64_t period = mode == PAD_WRAP || n == 1 ? n : 2 * (n - 1);
    const int64_t rest = (index % period + period) % period;
    return rest < n ? rest : period - rest;
}

/* map[i] = the element that output i shows; n_in where there is none. */
static uint32_t *pad_map(const struct shape *out, const struct shape *in,
                         const struct amounts *amounts, enum pad_mode mode)
{
    const size_t n = shape_count(out);
    uint32_t *map = NULL;
    NEW_ARRAY(map, n);
    for (size_t i = 0; i < n; i++) {
        size_t rest = i;
        int64_t step = 1;
        int64_t at = 0;
        bool is_inside = true;
        for (size_t d = out->n_dims; d-- > 0;) {
            int64_t index = (int64_t)(rest % out->dims[d]) - amounts->before[d];
            if (mode != PAD_CONSTANT && in->dims[d] > 0) {
                index = fold_index(index, (int64_t)in->dims[d], mode);
            }
            is_inside = is_inside && index >= 0 && index < (int64_t)in->dims[d];
            at += index * step;
            step *= (int64_t)in->dims[d];
            rest /= out->dims[d];
        }
        map[i] = (uint32_t)(is_inside ? (size_t)at : shape_count(in));
    }
    return map;
}

enum status op_import_pad(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    struct amounts amounts = {0};
    struct shape shape = {0};
    struct import_parts parts = {0};
    static const char *const modes[] = {"constant", "edge", "reflect", "wrap"};
    const char *mode = "constant";
    enum pad_mode number = PAD_CONSTANT;
    bool is_known = false;
    double value = 0.0;
    const size_t most = import->opset >= 18 ? 4 : 3;
    STATUS_TRY(import_arity(import, import->opset < 11 ? 1 : 2,
                            import->opset < 11 ? 1 : most, 1));
    STATUS_TRY(import_string(import, "mode", &mode));
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        is_known = is_known || strcmp(mode, modes[i]) == 0;
        number = strcmp(mode, modes[i]) == 0 ? (enum pad_mode)i : number;
    }
    if (!is_known) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "mode %s is not supported", mode);
    }
    input = import_input(import, 0);
    STATUS_TRY(read_amounts(&amounts, import, &value));
    if (!constant_is_real_type(input->type) &&
        (fabs(value) > 0x1p53 || !is_equal(value, floor(value)))) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "value is not a whole number");
    }
    shape.n_dims = input->shape.n_dims;
    for (size_t d = 0; d < shape.n_dims; d++) {
        const int64_t size = (int64_t)input->shape.dims[d] + amounts.before[d] +
                             amounts.after[d];
        shape.dims[d] = size < 0 ? 0 : (size_t)size;
    }
    if (shape_count(&shape) == 0 || shape_count(&shape) > SHAPE_ELEMENTS) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "output is empty or too large");
    }
    parts = (struct import_parts){&input, 1, &value};
    STATUS_TRY(import_map(import, 0, &shape, &parts,
                          pad_map(&shape, &input->shape, &amounts, number)));
cleanup:
    return status;
}
