/* Convolution with constant weights, 1-D and 2-D. */
#include "src/base/alloc.h"
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
    const enum status status = import_int(import, "group", &group);
    if (status != STATUS_OK) {
        return status;
    }
    if (!w->is_constant || (b != NULL && !b->is_constant) || x->is_constant) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "weights or bias are not constant");
    }
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

enum status op_import_conv(struct import *import)
{
    enum status status = STATUS_OK;
    struct window window = {0};
    struct geometry geometry = {0};
    const struct tensor *x = NULL;
    const struct tensor *b = NULL;
    struct tensor *output = NULL;
    struct node *node = NULL;
    struct shape shape = {0};
    STATUS_TRY(import_arity(import, 2, 3, 1));
    STATUS_TRY(set_channels(&window, &geometry, import));
    x = import_input(import, 0);
    b = import_input(import, 2);
    STATUS_TRY(geometry_read(&window, &geometry, import, &x->shape));
    shape = geometry_shape(&window, &geometry);
    STATUS_TRY(import_output(import, 0, x->type, &shape, &output));
    node = import_node(import, NODE_LINEAR, output, &x, 1);
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
cleanup:
    return status;
}
