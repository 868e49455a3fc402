/* Batch normalisation in inference: affine with rounded weights. */
#include "src/base/alloc.h"
#include "src/net/operators.h"

#include <math.h>

enum { N_PARAMETERS = 4 };

static enum status read_attributes(struct import *import, double *epsilon)
{
    enum status status = STATUS_OK;
    int64_t spatial = 1;
    int64_t training = 0;
    STATUS_TRY(import_float(import, "epsilon", epsilon));
    import_ignore(import, "momentum");
    if (import->opset < 9) {
        STATUS_TRY(import_int(import, "spatial", &spatial));
    }
    if (import->opset >= 14) {
        STATUS_TRY(import_int(import, "training_mode", &training));
    }
    if (spatial != 1 || training != 0) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "spatial = 0 and training are not supported");
    }
    for (size_t i = 1; i < import->source->n_outputs; i++) {
        if (import_has_output(import, i)) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "outputs of training are not supported");
        }
    }
cleanup:
    return status;
}

/* Scale, B, mean and variance: one number per channel each. */
static enum status check_parameters(struct import *import,
                                    const struct tensor *x)
{
    for (size_t i = 1; i <= N_PARAMETERS; i++) {
        const struct tensor *parameter = import_input(import, i);
        if (!parameter->is_constant) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "input '%s' is not constant", parameter->name);
        }
        if (!constant_is_real_type(parameter->type) || x->shape.n_dims < 2 ||
            parameter->n != x->shape.dims[1]) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "input '%s' does not fit the channels",
                                 parameter->name);
        }
    }
    return STATUS_OK;
}

enum status op_import_batch_normalization(struct import *import)
{
    enum status status = STATUS_OK;
    double epsilon = (double)1e-5F;
    double *parameters[N_PARAMETERS] = {NULL, NULL, NULL, NULL};
    const struct tensor *x = NULL;
    struct tensor *output = NULL;
    struct node *node = NULL;
    struct linear *linear = NULL;
    size_t plane = 1;
    STATUS_TRY(import_arity(import, 5, 5, 5));
    STATUS_TRY(read_attributes(import, &epsilon));
    x = import_input(import, 0);
    STATUS_TRY(import_computed(import, x));
    STATUS_TRY(check_parameters(import, x));
    for (size_t i = 0; i < N_PARAMETERS; i++) {
        parameters[i] = import_reals(import_input(import, i + 1));
    }
    for (size_t c = 0; c < x->shape.dims[1]; c++) {
        if (!(parameters[3][c] + epsilon > 0.0)) {
            status =
                import_refuse(import, STATUS_BAD_INPUT,
                              "variance of channel %zu is not positive", c);
            goto cleanup;
        }
    }
    STATUS_TRY(import_output(import, 0, x->type, &x->shape, &output));
    node = import_node(import, NODE_LINEAR, output, &x, 1);
    linear = &node->linear;
    linear->form = LINEAR_ELEMENT;
    linear->approximate = "scale / sqrt(var + epsilon) is rounded";
    NEW_ARRAY(linear->slots, 1);
    NEW_ARRAY(linear->slots[0].weight, output->n);
    NEW_ARRAY(linear->bias, output->n);
    plane = shape_product(&x->shape, 2, x->shape.n_dims);
    for (size_t i = 0; i < output->n; i++) {
        const size_t c = i / plane % x->shape.dims[1];
        const double weight =
            parameters[0][c] / sqrt(parameters[3][c] + epsilon);
        linear->slots[0].weight[i] = weight;
        linear->bias[i] = parameters[1][c] - parameters[2][c] * weight;
    }
cleanup:
    for (size_t i = 0; i < N_PARAMETERS; i++) {
        alloc_free(parameters[i]);
    }
    return status;
}
