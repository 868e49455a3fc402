/* The protocol-buffer wire format and the ONNX messages.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_onnx.h"

#include <string.h>

enum wire { VARINT = 0, EIGHT_BYTES = 1, LENGTH = 2, FOUR_BYTES = 5 };

/* One field of a message. */
struct field {
    uint64_t number;
    enum wire wire;
    uint64_t value;            /* unless wire is LENGTH */
    struct check_cursor bytes; /* if wire is LENGTH */
};

static uint64_t read_scalar(struct check_cursor *cursor, enum wire wire)
{
    return wire == VARINT       ? check_cursor_varint(cursor)
           : wire == FOUR_BYTES ? check_cursor_u32(cursor)
                                : check_cursor_u64(cursor);
}

/* Reads the next field of a message; false at its end. */
static bool next_field(struct field *field, struct check_cursor *message)
{
    if (check_cursor_left(message) == 0) {
        return false;
    }
    const uint64_t key = check_cursor_varint(message);
    *field = (struct field){.number = key >> 3, .wire = (enum wire)(key & 7)};
    if (field->number == 0 || field->number > 0x1FFFFFFF) {
        check_cursor_fail(message, "field number out of range");
    }
    switch (field->wire) {
    case VARINT:
    case EIGHT_BYTES:
    case FOUR_BYTES:
        field->value = read_scalar(message, field->wire);
        return true;
    case LENGTH:
        field->bytes = check_cursor_take(message, check_cursor_varint(message));
        return true;
    }
    check_cursor_fail(message, "group or unknown wire type");
}

/* Reads on to the next field of that number; false if there is none. Numbers
 * may come packed. */
static bool find_field(struct field *field, struct check_cursor *message,
                       uint64_t number, enum wire wire)
{
    while (next_field(field, message)) {
        if (field->number == number) {
            if (field->wire != wire && field->wire != LENGTH) {
                check_cursor_fail(message, "field of the wrong wire type");
            }
            return true;
        }
    }
    return false;
}

/* The only field of that number: 0 or empty if there is none. */
static struct field get_field(struct check_cursor message, uint64_t number,
                              enum wire wire)
{
    struct field found = {.bytes = {message.file, message.end, message.end}};
    struct field field;
    while (find_field(&field, &message, number, wire)) {
        if (found.number != 0 || field.wire != wire) {
            check_cursor_fail(&message,
                              "field of the wrong wire type, or given twice");
        }
        found = field;
    }
    return found;
}

static uint64_t get_number(struct check_cursor message, uint64_t number)
{
    return get_field(message, number, VARINT).value;
}

static struct check_cursor get_part(struct check_cursor message,
                                    uint64_t number)
{
    return get_field(message, number, LENGTH).bytes;
}

static const char *copy_text(struct check_arena *arena,
                             struct check_cursor bytes)
{
    const size_t n = check_cursor_left(&bytes);
    char *text = check_arena_alloc(arena, n + 1, 1);
    memcpy(text, check_cursor_skip(&bytes, n), n);
    if (strlen(text) != n) {
        check_cursor_fail(&bytes, "text with a NUL byte");
    }
    return text;
}

static const char *get_text(struct check_arena *arena,
                            struct check_cursor message, uint64_t number)
{
    return copy_text(arena, get_part(message, number));
}

static size_t count_parts(struct check_cursor message, uint64_t number)
{
    struct field field;
    size_t n = 0;
    while (find_field(&field, &message, number, LENGTH)) {
        n++;
    }
    return n;
}

static struct check_texts get_texts(struct check_arena *arena,
                                    struct check_cursor message,
                                    uint64_t number)
{
    struct check_texts texts = {.n = count_parts(message, number)};
    struct field field;
    texts.data = check_arena_alloc(arena, texts.n, sizeof *texts.data);
    for (size_t i = 0; find_field(&field, &message, number, LENGTH); i++) {
        texts.data[i] = copy_text(arena, field.bytes);
    }
    return texts;
}

static void append_word(struct check_arena *arena, struct check_words *words,
                        uint64_t word)
{
    words->data =
        check_arena_grow(arena, words->data, words->n, sizeof *words->data);
    words->data[words->n++] = word;
}

/* Appends all numbers of fields of that number. */
static void append_words(struct check_arena *arena, struct check_words *words,
                         struct check_cursor message, uint64_t number,
                         enum wire wire)
{
    struct field field;
    while (find_field(&field, &message, number, wire)) {
        while (field.wire == wire || check_cursor_left(&field.bytes) > 0) {
            append_word(arena, words,
                        field.wire == wire ? field.value
                                           : read_scalar(&field.bytes, wire));
            field.wire = LENGTH;
        }
    }
}

/* Bit k for a field k < 64. */
static uint64_t find_numbers(struct check_cursor message)
{
    struct field field;
    uint64_t numbers = 0;
    while (next_field(&field, &message)) {
        numbers |= field.number < 64 ? (uint64_t)1 << field.number : 0;
    }
    return numbers;
}

static void refuse(struct check_cursor message, uint64_t numbers)
{
    if ((find_numbers(message) & numbers) != 0) {
        check_unsupported("%s: byte %zu: segment, external data, sparse "
                          "tensor, function or training step",
                          message.file->path, message.at);
    }
}

/* Bytes of an element in `raw`, and the field of typed elements; 0 for a type
 * that is not read. */
static size_t element_size(uint64_t *field, uint64_t type)
{
    *field = type == CHECK_ONNX_FLOAT                              ? 4
             : type == CHECK_ONNX_DOUBLE                           ? 10
             : type == CHECK_ONNX_INT64                            ? 7
             : type == CHECK_ONNX_INT32 || type == CHECK_ONNX_BOOL ? 5
                                                                   : 0;
    return *field == 0                                            ? 0
           : type == CHECK_ONNX_BOOL                              ? 1
           : type == CHECK_ONNX_FLOAT || type == CHECK_ONNX_INT32 ? 4
                                                                  : 8;
}

/* Compares the number of elements with the dimensions. */
static void finish_tensor(struct check_onnx_tensor *tensor, const char *path)
{
    const uint64_t limit = (uint64_t)1 << 40;
    uint64_t n = 1;
    bool is_empty = false;
    for (size_t d = 0; d < tensor->dims.n; d++) {
        const uint64_t dim = tensor->dims.data[d];
        is_empty = is_empty || dim == 0;
        if (dim > limit || n > limit / (is_empty ? 1 : dim)) {
            check_unreadable("%s: tensor '%s': dimensions out of range", path,
                             tensor->name);
        }
        n *= is_empty ? 1 : dim;
    }
    tensor->n = is_empty ? 0 : (size_t)n;
    uint64_t field = 0;
    const size_t size = element_size(&field, tensor->type);
    const size_t n_raw = check_cursor_left(&tensor->raw);
    const bool is_raw =
        n_raw > 0 && tensor->fields == 0 && n_raw == tensor->n * size;
    const bool is_typed = n_raw == 0 && tensor->typed.n == tensor->n &&
                          (tensor->fields & ~((uint64_t)1 << field)) == 0;
    if (size != 0 && !is_raw && !is_typed) {
        check_unreadable("%s: tensor '%s': elements do not match dimensions",
                         path, tensor->name);
    }
}

static struct check_onnx_tensor read_tensor(struct check_arena *arena,
                                            struct check_cursor message)
{
    const uint64_t typed = (uint64_t)1 << 4 | 1 << 5 | 1 << 7 | 1 << 10;
    struct check_onnx_tensor tensor = {
        .name = get_text(arena, message, 8),
        .type = get_number(message, 2),
        .fields = find_numbers(message) & typed,
        .raw = get_part(message, 9),
    };
    refuse(message, (uint64_t)1 << 3 | 1 << 13 |
                        (get_number(message, 14) == 0 ? 0 : 1 << 14));
    append_words(arena, &tensor.dims, message, 1, VARINT);
    append_words(arena, &tensor.typed, message, 4, FOUR_BYTES);
    append_words(arena, &tensor.typed, message, 5, VARINT);
    append_words(arena, &tensor.typed, message, 7, VARINT);
    append_words(arena, &tensor.typed, message, 10, EIGHT_BYTES);
    finish_tensor(&tensor, message.file->path);
    return tensor;
}

/* Makes a number, or a list of numbers, a tensor as well. */
static void finish_attribute(struct check_arena *arena,
                             struct check_onnx_attribute *attribute)
{
    struct check_onnx_tensor *tensor = &attribute->tensor;
    const uint64_t kind = attribute->kind;
    const bool is_list = kind == CHECK_ONNX_FLOATS || kind == CHECK_ONNX_INTS;
    if (kind == CHECK_ONNX_A_FLOAT || kind == CHECK_ONNX_AN_INT) {
        append_word(arena, &attribute->list, attribute->bits);
    } else if (!is_list) {
        return;
    }
    tensor->type = kind == CHECK_ONNX_A_FLOAT || kind == CHECK_ONNX_FLOATS
                       ? CHECK_ONNX_FLOAT
                       : CHECK_ONNX_INT64;
    tensor->name = attribute->name;
    tensor->typed = attribute->list;
    tensor->n = attribute->list.n;
    if (is_list) {
        append_word(arena, &tensor->dims, tensor->n);
    }
}

static struct check_onnx_attribute read_attribute(struct check_arena *arena,
                                                  struct check_cursor message)
{
    /* fields 2 to 11 hold kinds 1 to 10; the rest of them is never read */
    const uint64_t others = (uint64_t)0xC0C000 | (uint64_t)1 << 21;
    const uint64_t present = find_numbers(message);
    const uint64_t values = (present & 0xFFC) >> 1;
    struct check_onnx_attribute attribute = {
        .name = get_text(arena, message, 1), .kind = get_number(message, 20)};
    for (uint64_t kind = 1; attribute.kind == 0 && kind <= 10; kind++) {
        attribute.kind = (values >> kind & 1) != 0 ? kind : 0;
    }
    if ((present & others) != 0 || attribute.kind == 0 || attribute.kind > 10 ||
        (values & ~((uint64_t)1 << attribute.kind)) != 0) {
        check_unsupported("%s: attribute '%s': no value of its kind",
                          message.file->path, attribute.name);
    }
    attribute.bits =
        get_number(message, 3) | get_field(message, 2, FOUR_BYTES).value;
    attribute.text = get_text(arena, message, 4);
    if (attribute.kind == CHECK_ONNX_A_TENSOR) {
        attribute.tensor = read_tensor(arena, get_part(message, 5));
    }
    append_words(arena, &attribute.list, message, 7, FOUR_BYTES);
    append_words(arena, &attribute.list, message, 8, VARINT);
    finish_attribute(arena, &attribute);
    return attribute;
}

static struct check_onnx_node read_node(struct check_arena *arena,
                                        struct check_cursor message)
{
    struct check_onnx_node node = {
        .name = get_text(arena, message, 3),
        .op = get_text(arena, message, 4),
        .domain = get_text(arena, message, 7),
        .overload = get_text(arena, message, 8),
        .inputs = get_texts(arena, message, 1),
        .outputs = get_texts(arena, message, 2),
        .n_attributes = count_parts(message, 5),
    };
    struct field field;
    node.attributes =
        check_arena_alloc(arena, node.n_attributes, sizeof *node.attributes);
    for (size_t i = 0; find_field(&field, &message, 5, LENGTH); i++) {
        node.attributes[i] = read_attribute(arena, field.bytes);
    }
    return node;
}

/* All graph inputs or outputs. */
static struct check_onnx_value *read_values(struct check_arena *arena,
                                            size_t *n,
                                            struct check_cursor graph,
                                            uint64_t number)
{
    struct field field;
    struct field dim;
    *n = count_parts(graph, number);
    struct check_onnx_value *values =
        check_arena_alloc(arena, *n, sizeof *values);
    for (size_t i = 0; find_field(&field, &graph, number, LENGTH); i++) {
        struct check_cursor tensor = get_part(get_part(field.bytes, 2), 1);
        struct check_cursor shape = get_part(tensor, 2);
        struct check_words *dims = &values[i].dims;
        values[i].name = get_text(arena, field.bytes, 1);
        values[i].type = get_number(tensor, 1);
        dims->data =
            check_arena_alloc(arena, count_parts(shape, 1), sizeof *dims->data);
        while (find_field(&dim, &shape, 1, LENGTH)) {
            const uint64_t size = get_number(dim.bytes, 1);
            if (size == 0 && (find_numbers(dim.bytes) & 2) != 0) {
                check_cursor_fail(&dim.bytes, "dimension 0");
            }
            dims->data[dims->n++] = size;
        }
    }
    return values;
}

bool check_onnx_is_default(const char *domain)
{
    return *domain == '\0' || strcmp(domain, "ai.onnx") == 0;
}

/* The version of the default domain. */
static uint64_t read_opset(struct check_arena *arena,
                           struct check_cursor message)
{
    struct field field;
    uint64_t found = 0;
    while (find_field(&field, &message, 8, LENGTH)) {
        if (check_onnx_is_default(get_text(arena, field.bytes, 1))) {
            const uint64_t version = get_number(field.bytes, 2);
            if (found != 0 && found != version) {
                check_cursor_fail(&message, "two versions of one opset");
            }
            found = version;
        }
    }
    if (found == 0) {
        check_cursor_fail(&message, "not an ONNX model: no opset");
    }
    return found;
}

struct check_onnx_model check_onnx_read(struct check_arena *arena,
                                        const struct check_bytes *file)
{
    struct check_cursor message = check_cursor_all(file);
    refuse(message, (uint64_t)1 << 20 | 1 << 25);
    struct check_cursor graph = get_part(message, 7);
    struct check_onnx_model model = {.opset = read_opset(arena, message)};
    struct field field;
    refuse(graph, 1 << 15);
    model.n_nodes = count_parts(graph, 1);
    model.nodes = check_arena_alloc(arena, model.n_nodes, sizeof *model.nodes);
    model.n_initializers = count_parts(graph, 5);
    model.initializers = check_arena_alloc(arena, model.n_initializers,
                                           sizeof *model.initializers);
    model.inputs = read_values(arena, &model.n_inputs, graph, 11);
    model.outputs = read_values(arena, &model.n_outputs, graph, 12);
    message = graph;
    for (size_t k = 0; find_field(&field, &message, 1, LENGTH); k++) {
        model.nodes[k] = read_node(arena, field.bytes);
    }
    for (size_t i = 0; find_field(&field, &graph, 5, LENGTH); i++) {
        model.initializers[i] = read_tensor(arena, field.bytes);
    }
    return model;
}

double check_onnx_float(uint64_t bits)
{
    const uint32_t low = (uint32_t)bits;
    float value = 0.0F;
    memcpy(&value, &low, sizeof value);
    return (double)value;
}

/* The number that the bits of an element mean. */
static double decode(uint64_t type, uint64_t bits)
{
    double value = 0.0;
    if (type == CHECK_ONNX_FLOAT) {
        return check_onnx_float(bits);
    }
    if (type == CHECK_ONNX_DOUBLE) {
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    return type == CHECK_ONNX_INT32 ? (double)(int32_t)(uint32_t)bits
                                    : (double)(int64_t)bits;
}

/* Raw elements of 4 bytes that are floats; those of zero bits are zero already.
 * False if one is no finite number. */
static bool read_floats(double *numbers, struct check_cursor raw, size_t n)
{
    const unsigned char *bytes = check_cursor_skip(&raw, 4 * (uint64_t)n);
    bool are_finite = true;
    for (size_t i = 0; i < n; i++) {
        const unsigned char *at = bytes + 4 * i;
        const uint32_t bits = (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
                              (uint32_t)at[1] << 8 | at[0];
        if (bits != 0) {
            numbers[i] = check_onnx_float(bits);
            are_finite = are_finite && (bits >> 23 & 0xFF) != 0xFF;
        }
    }
    return are_finite;
}

const double *check_onnx_numbers(struct check_arena *arena,
                                 const struct check_onnx_tensor *tensor,
                                 const char *path)
{
    uint64_t field = 0;
    const size_t size = element_size(&field, tensor->type);
    const enum wire wire = size == 4 ? FOUR_BYTES : EIGHT_BYTES;
    struct check_cursor raw = tensor->raw;
    double *numbers = check_arena_alloc(arena, tensor->n, sizeof *numbers);
    if (size == 0) {
        check_unsupported("%s: tensor '%s': its element type is not supported",
                          path, tensor->name);
    }
    const bool is_raw = check_cursor_left(&raw) > 0;
    bool are_finite = true;
    if (is_raw && tensor->type == CHECK_ONNX_FLOAT) {
        are_finite = read_floats(numbers, raw, tensor->n);
    } else {
        for (size_t i = 0; i < tensor->n; i++) {
            numbers[i] =
                decode(tensor->type, !is_raw     ? tensor->typed.data[i]
                                     : size == 1 ? check_cursor_u8(&raw)
                                                 : read_scalar(&raw, wire));
            are_finite = are_finite && numbers[i] - numbers[i] >= 0.0;
        }
    }
    if (!are_finite) {
        check_unreadable("%s: tensor '%s': NaN or infinite weight", path,
                         tensor->name);
    }
    return numbers;
}
