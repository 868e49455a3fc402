/* Element types as a table; one copy routine per typed field. */
#include "src/onnx/model_tensor.h"

#include "src/base/alloc.h"
#include "src/onnx/external.h"
#include "src/onnx/onnx_guard.h"

#include <stdbool.h>
#include <string.h>

/* Which typed field of TensorProto carries elements of a type. */
enum store {
    STORE_NONE,
    STORE_FLOATS,
    STORE_DOUBLES,
    STORE_INT32S,
    STORE_INT64S,
    STORE_UINT64S
};

/* size_bytes 0: known by name only, refused; lowest and highest bound what
 * int32_data (or uint64_data) may hold. */
struct type_row {
    const char *name;
    size_t size_bytes;
    enum store store;
    int64_t lowest;
    uint64_t highest;
};

static const struct type_row type_rows[] = {
    {"undefined", 0, STORE_NONE, 0, 0},
    {"float32", 4, STORE_FLOATS, 0, 0},
    {"uint8", 1, STORE_INT32S, 0, UINT8_MAX},
    {"int8", 1, STORE_INT32S, INT8_MIN, INT8_MAX},
    {"uint16", 2, STORE_INT32S, 0, UINT16_MAX},
    {"int16", 2, STORE_INT32S, INT16_MIN, INT16_MAX},
    {"int32", 4, STORE_INT32S, INT32_MIN, INT32_MAX},
    {"int64", 8, STORE_INT64S, 0, 0},
    {"string", 0, STORE_NONE, 0, 0},
    {"bool", 1, STORE_INT32S, 0, 1},
    {"float16", 2, STORE_INT32S, 0, UINT16_MAX},
    {"float64", 8, STORE_DOUBLES, 0, 0},
    {"uint32", 4, STORE_UINT64S, 0, UINT32_MAX},
    {"uint64", 8, STORE_UINT64S, 0, UINT64_MAX},
    {"complex64", 0, STORE_NONE, 0, 0},
    {"complex128", 0, STORE_NONE, 0, 0},
    {"bfloat16", 2, STORE_INT32S, 0, UINT16_MAX},
    {"float8e4m3fn", 0, STORE_NONE, 0, 0},
    {"float8e4m3fnuz", 0, STORE_NONE, 0, 0},
    {"float8e5m2", 0, STORE_NONE, 0, 0},
    {"float8e5m2fnuz", 0, STORE_NONE, 0, 0},
    {"uint4", 0, STORE_NONE, 0, 0},
    {"int4", 0, STORE_NONE, 0, 0},
    {"float4e2m1", 0, STORE_NONE, 0, 0},
};

enum { N_TYPE_ROWS = sizeof type_rows / sizeof type_rows[0] };

static bool is_known(int type)
{
    return type > 0 && type < N_TYPE_ROWS;
}

const char *model_type_name(int type)
{
    return is_known(type) ? type_rows[type].name : "unknown";
}

size_t model_type_size(int type)
{
    return is_known(type) ? type_rows[type].size_bytes : 0;
}

static enum status read_dims(struct model_tensor *tensor,
                             const Onnx__TensorProto *source,
                             struct error *error)
{
    tensor->n_dims = source->n_dims;
    NEW_ARRAY(tensor->dims, source->n_dims);
    tensor->n_elements = 1;
    bool is_empty = false;
    for (size_t i = 0; i < source->n_dims; i++) {
        const int64_t dim = source->dims[i];
        tensor->dims[i] = dim;
        if (dim < 0) {
            error_set(error, "tensor '%s': dimension %zu is %lld", tensor->name,
                      i, (long long)dim);
            return STATUS_BAD_INPUT;
        }
        is_empty = is_empty || dim == 0;
        if (dim != 0 && tensor->n_elements > SIZE_MAX / 8 / (uint64_t)dim) {
            error_set(error, "tensor '%s': product of dimensions overflows",
                      tensor->name);
            return STATUS_BAD_INPUT;
        }
        tensor->n_elements *= dim == 0 ? 1 : (size_t)dim;
    }
    tensor->n_elements = is_empty ? 0 : tensor->n_elements;
    return STATUS_OK;
}

static bool is_external(const Onnx__TensorProto *source)
{
    return source->has_data_location &&
           source->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
}

static enum status check_kind(struct model_tensor *tensor,
                              const Onnx__TensorProto *source,
                              struct error *error)
{
    if (!is_known(tensor->type) || type_rows[tensor->type].size_bytes == 0) {
        error_set(error, "tensor '%s': element type %d (%s) is not supported",
                  tensor->name, tensor->type, model_type_name(tensor->type));
        return STATUS_UNSUPPORTED;
    }
    if ((source->n_external_data != 0) != is_external(source)) {
        error_set(error, "tensor '%s': external data at a contradictory place",
                  tensor->name);
        return STATUS_BAD_INPUT;
    }
    if (source->segment != NULL) {
        error_set(error, "tensor '%s': segments are not supported",
                  tensor->name);
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

static enum status read_raw(struct model_tensor *tensor,
                            const Onnx__TensorProto *source,
                            const struct model_sources *sources,
                            struct error *error)
{
    size_t offset = 0;
    if (is_external(source)) {
        const enum status status = external_find(
            &tensor->raw, &tensor->n_raw, sources->external, source, error);
        if (status != STATUS_OK) {
            return status;
        }
    } else if (source->raw_data.len != ONNX_GUARD_LOCATOR) {
        error_set(error, "tensor '%s': raw data is damaged", tensor->name);
        return STATUS_BAD_INPUT;
    } else {
        onnx_guard_locate(&offset, &tensor->n_raw, source->raw_data.data);
        tensor->raw = (const unsigned char *)sources->image->data + offset;
    }
    const size_t size_bytes = type_rows[tensor->type].size_bytes;
    if (tensor->n_elements > SIZE_MAX / size_bytes ||
        tensor->n_raw != tensor->n_elements * size_bytes) {
        error_set(error,
                  "tensor '%s': %zu bytes of raw data for %zu elements of %s",
                  tensor->name, tensor->n_raw, tensor->n_elements,
                  model_type_name(tensor->type));
        return STATUS_BAD_INPUT;
    }
    for (size_t i = 0; i < tensor->n_raw && tensor->type == MODEL_BOOL; i++) {
        if (tensor->raw[i] > 1) {
            error_set(error, "tensor '%s': a bool is neither 0 nor 1",
                      tensor->name);
            return STATUS_BAD_INPUT;
        }
    }
    return STATUS_OK;
}

/* A copy of count elements of `size` bytes. */
static void *copy_block(const void *from, size_t count, size_t size)
{
    void *block = alloc_bytes(count, size);
    if (count > 0) {
        memcpy(block, from, count * size);
    }
    return block;
}

static void copy_typed(struct model_tensor *tensor,
                       const Onnx__TensorProto *source)
{
    switch (type_rows[tensor->type].store) {
    case STORE_FLOATS:
        tensor->n_typed = source->n_float_data;
        tensor->floats = copy_block(source->float_data, tensor->n_typed,
                                    sizeof *tensor->floats);
        break;
    case STORE_DOUBLES:
        tensor->n_typed = source->n_double_data;
        tensor->doubles = copy_block(source->double_data, tensor->n_typed,
                                     sizeof *tensor->doubles);
        break;
    case STORE_INT32S:
        tensor->n_typed = source->n_int32_data;
        tensor->int32s = copy_block(source->int32_data, tensor->n_typed,
                                    sizeof *tensor->int32s);
        break;
    case STORE_INT64S:
        tensor->n_typed = source->n_int64_data;
        tensor->int64s = copy_block(source->int64_data, tensor->n_typed,
                                    sizeof *tensor->int64s);
        break;
    case STORE_UINT64S:
        tensor->n_typed = source->n_uint64_data;
        tensor->uint64s = copy_block(source->uint64_data, tensor->n_typed,
                                     sizeof *tensor->uint64s);
        break;
    case STORE_NONE:
        break;
    }
}

static bool is_in_range(const struct model_tensor *tensor)
{
    const struct type_row *row = &type_rows[tensor->type];
    for (size_t i = 0; tensor->int32s != NULL && i < tensor->n_typed; i++) {
        if (tensor->int32s[i] < row->lowest ||
            tensor->int32s[i] > (int64_t)row->highest) {
            return false;
        }
    }
    for (size_t i = 0; tensor->uint64s != NULL && i < tensor->n_typed; i++) {
        if (tensor->uint64s[i] > row->highest) {
            return false;
        }
    }
    return true;
}

static enum status read_typed(struct model_tensor *tensor,
                              const Onnx__TensorProto *source,
                              struct error *error)
{
    const size_t n_stored = source->n_float_data + source->n_double_data +
                            source->n_int32_data + source->n_int64_data +
                            source->n_uint64_data + source->n_string_data;
    copy_typed(tensor, source);
    if (tensor->n_typed != tensor->n_elements ||
        n_stored != tensor->n_elements) {
        error_set(error,
                  "tensor '%s': %zu stored elements, dimensions and type %s "
                  "ask for %zu",
                  tensor->name, n_stored, model_type_name(tensor->type),
                  tensor->n_elements);
        return STATUS_BAD_INPUT;
    }
    if (!is_in_range(tensor)) {
        error_set(error, "tensor '%s': element outside the range of %s",
                  tensor->name, model_type_name(tensor->type));
        return STATUS_BAD_INPUT;
    }
    return STATUS_OK;
}

enum status model_tensor_read(struct model_tensor *tensor,
                              const Onnx__TensorProto *source,
                              const struct model_sources *sources,
                              struct error *error)
{
    enum status status = STATUS_OK;
    const char *name = source->name == NULL ? "" : source->name;
    tensor->name = alloc_string(name, strlen(name));
    tensor->type = source->data_type;
    STATUS_TRY(check_kind(tensor, source, error));
    STATUS_TRY(read_dims(tensor, source, error));
    if (!source->has_raw_data && !is_external(source)) {
        return read_typed(tensor, source, error);
    }
    if (source->n_float_data + source->n_double_data + source->n_int32_data +
                source->n_int64_data + source->n_uint64_data +
                source->n_string_data !=
            0 ||
        (source->has_raw_data && is_external(source))) {
        error_set(error, "tensor '%s': more than one kind of data",
                  tensor->name);
        return STATUS_BAD_INPUT;
    }
    STATUS_TRY(read_raw(tensor, source, sources, error));
cleanup:
    return status;
}

void model_tensor_clear(struct model_tensor *tensor)
{
    alloc_free(tensor->name);
    alloc_free(tensor->dims);
    alloc_free(tensor->floats);
    alloc_free(tensor->doubles);
    alloc_free(tensor->int32s);
    alloc_free(tensor->int64s);
    alloc_free(tensor->uint64s);
    alloc_free(tensor->owned);
    *tensor = (struct model_tensor){0};
}
