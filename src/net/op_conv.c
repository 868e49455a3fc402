/* Convolutions: one window node where the weights are constant and there are
 * at most two axes, sums of products otherwise. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/build_rows.h"
#include "src/net/conv.h"
#include "src/net/geometry.h"
#include "src/net/operators.h"

/* Checks weights and bias against the input; sets groups and channels. */
static enum status set_channels(struct window *window,
                                struct geometry *geometry,
                                struct import *import)
{
    const struct tensor *x = import_input(import, 0);
    const struct tensor *w = import_input(import, 1);
    const struct tensor *b = import_input(import, 2);
    int64_t group = 1;
    IMPORT_TRY(import_int(import, "group", &group));
    if (x->type != w->type || (b != NULL && b->type != x->type)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "inputs of different element types");
    }
    const struct shape *dims = &w->shape;
    if (dims->n_dims != x->shape.n_dims || dims->n_dims < 3 ||
        dims->n_dims > 4 || group < 1 || (uint64_t)group > dims->dims[0] ||
        dims->dims[0] % (uint64_t)group != 0 ||
        dims->dims[1] * (uint64_t)group != x->shape.dims[1] || w->n == 0 ||
        (b != NULL && (b->n != dims->dims[0] || b->shape.n_dims != 1))) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "shapes of input, weights, bias and group do "
                             "not fit");
    }
    window->n_groups = (size_t)group;
    window->n_in = dims->dims[1];
    window->n_out = dims->dims[0] / (size_t)group;
    geometry->kernel[0] = dims->n_dims == 4 ? dims->dims[2] : 1;
    geometry->kernel[1] = dims->dims[dims->n_dims - 1];
    return STATUS_OK;
}

/* One window node. */
static enum status import_window(struct import *import)
{
    struct window window = {0};
    struct geometry geometry = {0};
    struct tensor *output = NULL;
    IMPORT_TRY(set_channels(&window, &geometry, import));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *b = import_input(import, 2);
    IMPORT_TRY(geometry_read(&window, &geometry, import, &x->shape));
    const struct shape shape = geometry_shape(&window, &geometry);
    IMPORT_TRY(import_output(import, 0, x->type, &shape, &output));
    struct node *node = import_node(import, NODE_LINEAR, output, &x, 1);
    node->linear.form = LINEAR_WINDOW;
    node->window = window;
    node->window.weight = import_reals(import_input(import, 1));
    if (b != NULL) {
        const size_t plane = window.out[0] * window.out[1];
        double *values = import_reals(b);
        NEW_ARRAY(node->linear.bias, output->n);
        for (size_t i = 0; i < output->n; i++) {
            node->linear.bias[i] = values[i / plane % shape.dims[1]];
        }
        alloc_free(values);
    }
    return STATUS_OK;
}

/* y plus one number per channel, or y itself without a bias. */
static const struct tensor *add_bias(struct import *import,
                                     const struct tensor *y,
                                     const struct tensor *bias)
{
    struct shape shape = {.n_dims = y->shape.n_dims - 1};
    if (bias == NULL) {
        return y;
    }
    for (size_t d = 0; d < shape.n_dims; d++) {
        shape.dims[d] = d == 0 ? bias->n : 1;
    }
    return build_sum(import, y, 1.0, build_map(import, &shape, &bias, 1, NULL),
                     1.0);
}

static enum status import_any(struct import *import, enum grid_kind kind)
{
    const struct tensor *x = import_input(import, 0);
    const struct tensor *b = import_input(import, 2);
    const struct tensor *y = NULL;
    IMPORT_TRY(import_check_types(import, 0, 3));
    IMPORT_TRY(import_check_real(import));
    IMPORT_TRY(conv_build(&y, import, x, import_input(import, 1), kind));
    if (b != NULL && (b->shape.n_dims != 1 || b->n != y->shape.dims[1])) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "bias does not fit the channels");
    }
    return build_output(import, 0, x->type, add_bias(import, y, b));
}

enum status op_import_conv(struct import *import)
{
    IMPORT_TRY(import_arity(import, 2, 3, 1));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *w = import_input(import, 1);
    const struct tensor *b = import_input(import, 2);
    const bool is_simple =
        !x->is_constant && w->is_constant && (b == NULL || b->is_constant) &&
        x->shape.n_dims <= 4 && constant_is_real_type(x->type);
    return is_simple ? import_window(import) : import_any(import, GRID_CONV);
}

enum status op_import_conv_transpose(struct import *import)
{
    IMPORT_TRY(import_arity(import, 2, 3, 1));
    return import_any(import, GRID_TRANSPOSED);
}
