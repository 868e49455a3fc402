/* Batch normalisation in inference: a scale between two shifts. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/operators.h"

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

/* Element i of the result is that of the channel of element i of x. */
static double *spread(const struct tensor *parameter, const struct tensor *x,
                      double sign)
{
    const size_t plane = shape_product(&x->shape, 2, x->shape.n_dims);
    double *values = import_reals(parameter);
    double *all = NULL;
    NEW_ARRAY(all, x->n);
    for (size_t i = 0; i < x->n; i++) {
        all[i] = sign * values[i / plane % x->shape.dims[1]];
    }
    alloc_free(values);
    return all;
}

/* (x - mean) * scale / sqrt(variance + epsilon) + B */
enum status op_import_batch_normalization(struct import *import)
{
    enum status status = STATUS_OK;
    double epsilon = (double)1e-5F;
    double *variances = NULL;
    const struct tensor *x = NULL;
    const struct tensor *centred = NULL;
    const struct tensor *scaled = NULL;
    STATUS_TRY(import_arity(import, 5, 5, 5));
    STATUS_TRY(read_attributes(import, &epsilon));
    x = import_input(import, 0);
    STATUS_TRY(import_computed(import, x));
    STATUS_TRY(check_parameters(import, x));
    variances = import_reals(import_input(import, 4));
    for (size_t c = 0; c < x->shape.dims[1]; c++) {
        if (!(variances[c] + epsilon > 0.0)) {
            status =
                import_refuse(import, STATUS_BAD_INPUT,
                              "variance of channel %zu is not positive", c);
            goto cleanup;
        }
    }
    centred = build_each(import, x, NULL,
                         spread(import_input(import, 3), x, -1.0), NULL);
    scaled = build_scale(
        import, centred,
        (struct scaling){.scale = spread(import_input(import, 1), x, 1.0),
                         .variance = spread(import_input(import, 4), x, 1.0),
                         .epsilon = epsilon});
    STATUS_TRY(build_output(import, 0, x->type,
                            build_each(import, scaled, NULL,
                                       spread(import_input(import, 2), x, 1.0),
                                       NULL)));
cleanup:
    alloc_free(variances);
    return status;
}
