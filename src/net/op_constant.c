/* Operators whose results are known at import. */
#include "src/base/alloc.h"
#include "src/net/operators.h"

#include <string.h>

/* A constant output that takes the elements of a tensor attribute. */
static enum status add_stored(struct import *import,
                              const struct model_tensor *stored)
{
    enum status status = STATUS_OK;
    struct shape shape = {0};
    struct tensor *output = NULL;
    if (stored->n_dims > SHAPE_RANK) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "constant of %zu dimensions", stored->n_dims);
    }
    shape.n_dims = stored->n_dims;
    for (size_t d = 0; d < stored->n_dims; d++) {
        shape.dims[d] = (size_t)stored->dims[d];
    }
    STATUS_TRY(import_output(import, 0, stored->type, &shape, &output));
    output->is_constant = true;
    output->constant.stored = stored;
    if (constant_is_real_type(stored->type) &&
        !constant_is_finite(&output->constant, output->n)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "constant holds a NaN or infinite element");
    }
cleanup:
    return status;
}

enum status op_import_constant(struct import *import)
{
    enum status status = STATUS_OK;
    const struct model_tensor *stored = NULL;
    STATUS_TRY(import_arity(import, 0, 0, 1));
    STATUS_TRY(import_attribute_tensor(import, "value", &stored));
    if (stored == NULL) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "only the attribute 'value' is supported");
    }
    STATUS_TRY(add_stored(import, stored));
cleanup:
    return status;
}
