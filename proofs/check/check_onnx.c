/* The protocol-buffer wire format and the ONNX messages, one table each.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_onnx.h"

#include <stdbool.h>
#include <string.h>

/* What a field holds and where it goes; the numbers below 8 are wire types.
 *   NUMBER, BITS  uint64_t           NUMBERS ... EIGHTS  list, maybe packed
 *   TEXT          const char *       TEXTS               list
 *   BYTES         pointer and length, in place
 *   PART          a message, into the same struct or an inner one
 *   PARTS         a message each, a list
 *   REFUSED       its presence is not supported */
enum kind {
    NUMBER,
    BITS,
    NUMBERS,
    FOURS,
    EIGHTS,
    TEXT,
    TEXTS,
    BYTES,
    PART,
    PARTS,
    REFUSED
};
enum wire { VARINT = 0, EIGHT_BYTES = 1, LENGTH = 2, FOUR_BYTES = 5 };

/* A known field; the others are skipped. A message is the list of its fields,
 * ended by number 0; size is that of the struct of PARTS. */
struct rule {
    unsigned number;
    enum kind kind;
    size_t offset;
    const struct rule *message;
    size_t size;
};

#define AT(type, member) offsetof(struct check_onnx_##type, member)

static const struct rule tensor_rules[] = {
    {1, NUMBERS, AT(tensor, dims), NULL, 0},
    {2, NUMBER, AT(tensor, type), NULL, 0},
    {3, REFUSED, 0, NULL, 0}, /* segment */
    {4, FOURS, AT(tensor, floats), NULL, 0},
    {5, NUMBERS, AT(tensor, int32s), NULL, 0},
    {7, NUMBERS, AT(tensor, int64s), NULL, 0},
    {8, TEXT, AT(tensor, name), NULL, 0},
    {9, BYTES, AT(tensor, raw), NULL, 0},
    {10, EIGHTS, AT(tensor, doubles), NULL, 0},
    {13, REFUSED, 0, NULL, 0}, /* external_data */
    {14, NUMBER, AT(tensor, location), NULL, 0},
    {0}};
static const struct rule attribute_rules[] = {
    {1, TEXT, AT(attribute, name), NULL, 0},
    {2, BITS, AT(attribute, real), NULL, 0},
    {3, NUMBER, AT(attribute, integer), NULL, 0},
    {4, TEXT, AT(attribute, text), NULL, 0},
    {5, PART, AT(attribute, tensor), tensor_rules, 0},
    {7, FOURS, AT(attribute, floats), NULL, 0},
    {8, NUMBERS, AT(attribute, ints), NULL, 0},
    {20, NUMBER, AT(attribute, kind), NULL, 0},
    {0}};
static const struct rule node_rules[] = {{1, TEXTS, AT(node, inputs), NULL, 0},
                                         {2, TEXTS, AT(node, outputs), NULL, 0},
                                         {3, TEXT, AT(node, name), NULL, 0},
                                         {4, TEXT, AT(node, op), NULL, 0},
                                         {5, PARTS, AT(node, attributes),
                                          attribute_rules,
                                          sizeof(struct check_onnx_attribute)},
                                         {7, TEXT, AT(node, domain), NULL, 0},
                                         {8, TEXT, AT(node, overload), NULL, 0},
                                         {0}};
static const struct rule dim_rules[] = {{1, NUMBER, AT(dim, size), NULL, 0},
                                        {0}};
static const struct rule shape_rules[] = {
    {1, PARTS, AT(value, dims), dim_rules, sizeof(struct check_onnx_dim)}, {0}};
static const struct rule tensor_type_rules[] = {
    {1, NUMBER, AT(value, type), NULL, 0}, {2, PART, 0, shape_rules, 0}, {0}};
static const struct rule type_rules[] = {{1, PART, 0, tensor_type_rules, 0},
                                         {0}};
static const struct rule value_rules[] = {
    {1, TEXT, AT(value, name), NULL, 0}, {2, PART, 0, type_rules, 0}, {0}};
static const struct rule opset_rules[] = {
    {1, TEXT, AT(opset, domain), NULL, 0},
    {2, NUMBER, AT(opset, version), NULL, 0},
    {0}};
static const struct rule graph_rules[] = {
    {1, PARTS, AT(model, nodes), node_rules, sizeof(struct check_onnx_node)},
    {5, PARTS, AT(model, initializers), tensor_rules,
     sizeof(struct check_onnx_tensor)},
    {11, PARTS, AT(model, inputs), value_rules,
     sizeof(struct check_onnx_value)},
    {12, PARTS, AT(model, outputs), value_rules,
     sizeof(struct check_onnx_value)},
    {15, REFUSED, 0, NULL, 0}, /* sparse_initializer */
    {0}};
static const struct rule model_rules[] = {
    {7, PART, 0, graph_rules, 0},
    {8, PARTS, AT(model, opsets), opset_rules, sizeof(struct check_onnx_opset)},
    {20, REFUSED, 0, NULL, 0}, /* training_info */
    {25, REFUSED, 0, NULL, 0}, /* functions */
    {0}};

enum { DEPTH = 8 }; /* the tables nest less deep than that */

/* A message being read, and the struct it goes into. */
struct frame {
    struct check_cursor message;
    const struct rule *rules;
    unsigned char *into;
};

struct reader {
    struct check_arena *arena;
    size_t depth;
    struct frame stack[DEPTH];
};

/* One field of the wire format. */
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

static struct field read_field(struct check_cursor *message)
{
    const uint64_t key = check_cursor_varint(message);
    struct field field = {.number = key >> 3, .wire = (enum wire)(key & 7)};
    if (field.number == 0 || field.number > 0x1FFFFFFF) {
        check_cursor_fail(message, "field number out of range");
    }
    switch (field.wire) {
    case VARINT:
    case EIGHT_BYTES:
    case FOUR_BYTES:
        field.value = read_scalar(message, field.wire);
        return field;
    case LENGTH:
        field.bytes = check_cursor_take(message, check_cursor_varint(message));
        return field;
    }
    check_cursor_fail(message, "group or unknown wire type");
}

/* Room for one more element at the end of a list. */
static void *append(struct check_arena *arena, struct check_list *list,
                    size_t size)
{
    list->data = check_arena_grow(arena, list->data, list->n, size);
    unsigned char *const element = (unsigned char *)list->data + size * list->n;
    list->n++;
    return memset(element, 0, size);
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

static void read_scalars(struct check_arena *arena, struct check_list *list,
                         struct field *field, enum wire wire)
{
    if (field->wire == wire) {
        *(uint64_t *)append(arena, list, 8) = field->value;
        return;
    }
    while (check_cursor_left(&field->bytes) > 0) {
        const uint64_t value = read_scalar(&field->bytes, wire);
        *(uint64_t *)append(arena, list, 8) = value;
    }
}

static enum wire wire_of(enum kind kind)
{
    switch (kind) {
    case NUMBER:
    case NUMBERS:
        return VARINT;
    case BITS:
    case FOURS:
        return FOUR_BYTES;
    case EIGHTS:
        return EIGHT_BYTES;
    case TEXT:
    case TEXTS:
    case BYTES:
    case PART:
    case PARTS:
    case REFUSED:
        break;
    }
    return LENGTH;
}

/* Reads the message later: into the given struct. Absent text is "". */
static void push(struct reader *reader, struct check_cursor message,
                 const struct rule *rules, void *into)
{
    if (reader->depth == DEPTH) {
        check_cursor_fail(&message, "messages nested too deep");
    }
    for (const struct rule *rule = rules; rule->number != 0; rule++) {
        const char **text = (void *)((unsigned char *)into + rule->offset);
        if (rule->kind == TEXT && *text == NULL) {
            *text = "";
        }
    }
    reader->stack[reader->depth++] = (struct frame){message, rules, into};
}

/* Puts a field with a rule to its place. */
static void take_field(struct reader *reader, struct field *field,
                       const struct rule *rule, unsigned char *into)
{
    struct check_arena *arena = reader->arena;
    void *const place = into + rule->offset;
    const enum wire wire = wire_of(rule->kind);
    const bool is_packed =
        rule->kind == NUMBERS || rule->kind == FOURS || rule->kind == EIGHTS;
    const struct check_cursor *message =
        &reader->stack[reader->depth - 1].message;
    if (field->wire != wire && !(is_packed && field->wire == LENGTH)) {
        check_cursor_fail(message, "field of the wrong wire type");
    }
    switch (rule->kind) {
    case NUMBER:
    case BITS:
        *(uint64_t *)place = field->value;
        break;
    case NUMBERS:
    case FOURS:
    case EIGHTS:
        read_scalars(arena, place, field, wire);
        break;
    case TEXT:
        *(const char **)place = copy_text(arena, field->bytes);
        break;
    case TEXTS:
        *(const char **)append(arena, place, sizeof(const char *)) =
            copy_text(arena, field->bytes);
        break;
    case BYTES:
        ((struct check_span *)place)->n = check_cursor_left(&field->bytes);
        ((struct check_span *)place)->data =
            check_cursor_skip(&field->bytes, check_cursor_left(&field->bytes));
        break;
    case PART:
        push(reader, field->bytes, rule->message, place);
        break;
    case PARTS:
        push(reader, field->bytes, rule->message,
             append(arena, place, rule->size));
        break;
    case REFUSED:
        check_unsupported("%s: byte %zu: sparse or external tensor, function "
                          "or training step",
                          message->file->path, message->at);
    }
}

static void read_messages(struct reader *reader)
{
    while (reader->depth > 0) {
        struct frame *top = &reader->stack[reader->depth - 1];
        if (check_cursor_left(&top->message) == 0) {
            reader->depth--;
            continue;
        }
        struct field field = read_field(&top->message);
        if (field.number < 64) { /* every struct begins with `present` */
            *(uint64_t *)(void *)top->into |= (uint64_t)1 << field.number;
        }
        const struct rule *rule = top->rules;
        while (rule->number != 0 && rule->number != field.number) {
            rule++;
        }
        if (rule->number != 0) {
            take_field(reader, &field, rule, top->into);
        }
    }
}

/* Where typed elements of the tensor are, and the size of one in raw_data;
 * NULL for a type that is not read. */
static const struct check_list *elements(size_t *size,
                                         const struct check_onnx_tensor *tensor)
{
    const uint64_t type = tensor->type;
    *size = type == CHECK_ONNX_BOOL                                ? 1
            : type == CHECK_ONNX_FLOAT || type == CHECK_ONNX_INT32 ? 4
                                                                   : 8;
    return type == CHECK_ONNX_FLOAT    ? &tensor->floats
           : type == CHECK_ONNX_DOUBLE ? &tensor->doubles
           : type == CHECK_ONNX_INT64  ? &tensor->int64s
           : type == CHECK_ONNX_INT32 || type == CHECK_ONNX_BOOL
               ? &tensor->int32s
               : NULL;
}

/* Compares the number of elements with the dimensions. */
static void finish_tensor(struct check_onnx_tensor *tensor, const char *path)
{
    const uint64_t *dims = tensor->dims.data;
    const uint64_t limit = (uint64_t)1 << 40;
    size_t size = 0;
    uint64_t n = 1;
    bool is_empty = false;
    for (size_t i = 0; i < tensor->dims.n; i++) {
        is_empty = is_empty || dims[i] == 0;
        if (dims[i] > limit || n > limit / (is_empty ? 1 : dims[i])) {
            check_unreadable("%s: tensor '%s': dimensions out of range", path,
                             tensor->name);
        }
        n *= is_empty ? 1 : dims[i];
    }
    tensor->n = is_empty ? 0 : (size_t)n;
    if (tensor->location != 0) {
        check_unsupported("%s: tensor '%s': external data", path, tensor->name);
    }
    const struct check_list *typed = elements(&size, tensor);
    if (typed == NULL) {
        return;
    }
    const size_t n_typed = tensor->floats.n + tensor->int32s.n +
                           tensor->int64s.n + tensor->doubles.n;
    const bool is_raw = tensor->raw.n > 0 && n_typed == 0 &&
                        tensor->raw.n % size == 0 &&
                        tensor->raw.n / size == tensor->n;
    const bool is_typed =
        tensor->raw.n == 0 && n_typed == typed->n && n_typed == tensor->n;
    if (!is_raw && !is_typed) {
        check_unreadable("%s: tensor '%s': elements do not match dimensions",
                         path, tensor->name);
    }
}

/* Finds the kind of an attribute that does not say it. */
static void finish_attribute(struct check_onnx_attribute *attribute,
                             const char *path)
{
    /* fields 2 to 11 hold kinds 1 to 10; the rest of them is never read */
    const uint64_t others = (uint64_t)0xC0C000 | (uint64_t)1 << 21;
    const uint64_t values = (attribute->present & 0xFFC) >> 1;
    for (uint64_t kind = 1; attribute->kind == 0 && kind <= 10; kind++) {
        attribute->kind = (values >> kind & 1) != 0 ? kind : 0;
    }
    if ((attribute->present & others) != 0 || attribute->kind == 0 ||
        attribute->kind > 10 ||
        (values & ~((uint64_t)1 << attribute->kind)) != 0) {
        check_unsupported("%s: attribute '%s': no value of its kind", path,
                          attribute->name);
    }
    if (attribute->kind == CHECK_ONNX_A_TENSOR) {
        finish_tensor(&attribute->tensor, path);
    }
}

bool check_onnx_is_default(const char *domain)
{
    return *domain == '\0' || strcmp(domain, "ai.onnx") == 0;
}

static void finish_model(struct check_onnx_model *model)
{
    const struct check_onnx_opset *opsets = model->opsets.data;
    struct check_onnx_node *nodes = model->nodes.data;
    struct check_onnx_tensor *initializers = model->initializers.data;
    for (size_t i = 0; i < model->opsets.n; i++) {
        if (!check_onnx_is_default(opsets[i].domain)) {
            continue;
        }
        if (model->opset != 0 && model->opset != opsets[i].version) {
            check_unreadable("%s: two versions of one opset", model->path);
        }
        model->opset = opsets[i].version;
    }
    if (model->opset == 0) {
        check_unreadable("%s: not an ONNX model: no opset", model->path);
    }
    for (size_t k = 0; k < model->nodes.n; k++) {
        struct check_onnx_attribute *attributes = nodes[k].attributes.data;
        for (size_t i = 0; i < nodes[k].attributes.n; i++) {
            finish_attribute(&attributes[i], model->path);
        }
    }
    for (size_t i = 0; i < model->initializers.n; i++) {
        finish_tensor(&initializers[i], model->path);
    }
}

struct check_onnx_model *check_onnx_read(struct check_arena *arena,
                                         const struct check_bytes *file)
{
    struct check_onnx_model *read = check_arena_alloc(arena, 1, sizeof *read);
    struct reader reader = {.arena = arena};
    read->path = file->path;
    push(&reader, check_cursor_all(file), model_rules, read);
    read_messages(&reader);
    finish_model(read);
    return read;
}

float check_onnx_float(uint32_t bits)
{
    float value = 0.0F;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The bits of element i. */
static uint64_t get_bits(const struct check_onnx_tensor *tensor, size_t i)
{
    size_t size = 0;
    const struct check_list *typed = elements(&size, tensor);
    uint64_t bits = 0;
    if (typed == NULL || i >= tensor->n) {
        check_unsupported("tensor '%s': element type or element not readable",
                          tensor->name);
    }
    if (tensor->raw.n == 0) {
        return ((const uint64_t *)typed->data)[i];
    }
    for (size_t k = 0; k < size; k++) {
        bits |= (uint64_t)tensor->raw.data[i * size + k] << (8 * k);
    }
    return bits;
}

double check_onnx_real(const struct check_onnx_tensor *tensor, size_t i)
{
    const uint64_t bits = get_bits(tensor, i);
    double value = 0.0;
    if (tensor->type == CHECK_ONNX_FLOAT) {
        return (double)check_onnx_float((uint32_t)bits);
    }
    if (tensor->type != CHECK_ONNX_DOUBLE) {
        check_unsupported("tensor '%s': its elements are not real numbers",
                          tensor->name);
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

int64_t check_onnx_integer(const struct check_onnx_tensor *tensor, size_t i)
{
    const uint64_t bits = get_bits(tensor, i);
    if (tensor->type == CHECK_ONNX_FLOAT || tensor->type == CHECK_ONNX_DOUBLE) {
        check_unsupported("tensor '%s': its elements are not integers",
                          tensor->name);
    }
    return tensor->type == CHECK_ONNX_INT32 ? (int32_t)(uint32_t)bits
                                            : (int64_t)bits;
}
