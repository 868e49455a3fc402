/* Values go to their places byte by byte, little-endian. */
#include "src/onnx/model_sparse.h"

#include "src/base/alloc.h"

#include <stdbool.h>
#include <string.h>

/* Most elements of a sparse tensor made dense. */
enum { DENSE_ELEMENTS = 1 << 28 };

/* The bits of element i of a tensor of any type, as stored. */
static uint64_t element_bits(const struct model_tensor *values, size_t i,
                             size_t size)
{
    uint64_t bits = 0;
    if (values->raw != NULL) {
        for (size_t k = 0; k < size; k++) {
            bits |= (uint64_t)values->raw[i * size + k] << (8 * k);
        }
    } else if (values->floats != NULL) {
        uint32_t narrow = 0;
        memcpy(&narrow, &values->floats[i], sizeof narrow);
        bits = narrow;
    } else if (values->doubles != NULL) {
        memcpy(&bits, &values->doubles[i], sizeof bits);
    } else if (values->int32s != NULL) {
        bits = (uint64_t)(int64_t)values->int32s[i];
    } else if (values->int64s != NULL) {
        bits = (uint64_t)values->int64s[i];
    } else if (values->uint64s != NULL) {
        bits = values->uint64s[i];
    }
    return bits;
}

static enum status refuse(struct error *error,
                          const struct model_tensor *tensor, const char *cause)
{
    error_set(error, "sparse tensor '%s': %s", tensor->name, cause);
    return STATUS_BAD_INPUT;
}

/* Position of element i, which has one index, or one per dimension. */
static bool find_position(size_t *position, const struct model_tensor *tensor,
                          const struct model_tensor *indices, size_t i)
{
    const size_t n = indices->n_dims == 2 ? tensor->n_dims : 1;
    *position = 0;
    for (size_t d = 0; d < n; d++) {
        const size_t dim = n == 1 && indices->n_dims == 1
                               ? tensor->n_elements
                               : (size_t)tensor->dims[d];
        const uint64_t at = element_bits(indices, i * n + d, 8);
        if (at >= dim) {
            return false;
        }
        *position = *position * dim + (size_t)at;
    }
    return true;
}

static enum status scatter(struct model_tensor *tensor,
                           const struct model_tensor *values,
                           const struct model_tensor *indices,
                           struct error *error)
{
    const size_t size = model_type_size(tensor->type);
    size_t next = 0;
    tensor->n_raw = tensor->n_elements * size;
    NEW_ARRAY(tensor->owned, tensor->n_raw);
    tensor->raw = tensor->owned;
    for (size_t i = 0; i < values->n_elements; i++) {
        size_t position = 0;
        if (!find_position(&position, tensor, indices, i) || position < next) {
            return refuse(error, tensor,
                          "an index is out of range or out of order");
        }
        const uint64_t bits = element_bits(values, i, size);
        for (size_t k = 0; k < size; k++) {
            tensor->owned[position * size + k] = (unsigned char)(bits >> 8 * k);
        }
        next = position + 1;
    }
    return STATUS_OK;
}

/* Dimensions of the dense tensor, and of values and indices. */
static enum status check_shapes(struct model_tensor *tensor,
                                const Onnx__SparseTensorProto *source,
                                const struct model_tensor *values,
                                const struct model_tensor *indices,
                                struct error *error)
{
    const size_t n = values->n_elements;
    const bool has_vectors = indices->n_dims == 2;
    tensor->n_dims = source->n_dims;
    tensor->n_elements = 1;
    NEW_ARRAY(tensor->dims, source->n_dims);
    for (size_t d = 0; d < source->n_dims; d++) {
        const int64_t dim = source->dims[d];
        tensor->dims[d] = dim;
        if (dim < 1 || (uint64_t)dim > DENSE_ELEMENTS / tensor->n_elements) {
            return refuse(error, tensor, "dimensions out of range");
        }
        tensor->n_elements *= (size_t)dim;
    }
    if (values->n_dims != 1 || indices->type != MODEL_INT64 ||
        indices->n_dims < 1 || indices->n_dims > 2 ||
        (size_t)indices->dims[0] != n ||
        (has_vectors && (size_t)indices->dims[1] != source->n_dims)) {
        return refuse(error, tensor, "values and indices do not fit");
    }
    return STATUS_OK;
}

enum status model_sparse_read(struct model_tensor *tensor,
                              const Onnx__SparseTensorProto *source,
                              const struct model_sources *sources,
                              struct error *error)
{
    enum status status = STATUS_OK;
    struct model_tensor values = {0};
    struct model_tensor indices = {0};
    if (source->values == NULL || source->indices == NULL) {
        error_set(error, "sparse tensor without values or indices");
        return STATUS_BAD_INPUT;
    }
    STATUS_TRY(model_tensor_read(&values, source->values, sources, error));
    STATUS_TRY(model_tensor_read(&indices, source->indices, sources, error));
    tensor->name = alloc_string(values.name, strlen(values.name));
    tensor->type = values.type;
    STATUS_TRY(check_shapes(tensor, source, &values, &indices, error));
    STATUS_TRY(scatter(tensor, &values, &indices, error));
cleanup:
    model_tensor_clear(&values);
    model_tensor_clear(&indices);
    return status;
}
