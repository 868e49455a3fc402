/* One pass over tag, length and value of every field, writing the skeleton. */
#include "src/onnx/onnx_guard.h"

#include "src/base/alloc.h"
#include "src/base/vec.h"

#include <onnx.pb-c.h>
#include <stdbool.h>
#include <string.h>

enum { RAW_DATA_FIELD = 9, LENGTH_BYTES = 5, OFFSET_BYTES = 8 };

enum wire {
    WIRE_VARINT = 0,
    WIRE_EIGHT_BYTES = 1,
    WIRE_LENGTH = 2,
    WIRE_FOUR_BYTES = 5
};

struct guard {
    const unsigned char *data;
    size_t n_fields;
    VEC(char) out;
    struct error *error;
};

/* One field: its tag starts at `begin`, its value is [value, end). */
struct field {
    size_t begin;
    size_t value;
    size_t end;
    uint32_t number;
    uint32_t wire;
};

static enum status refuse(struct guard *guard, size_t offset, const char *cause)
{
    error_set(guard->error, "not an ONNX model: %s at byte %zu", cause, offset);
    return STATUS_BAD_INPUT;
}

static void append(struct guard *guard, size_t begin, size_t end)
{
    const size_t n = end - begin;
    if (n == 0) {
        return;
    }
    VEC_RESERVE(&guard->out, guard->out.n + n);
    memcpy(guard->out.data + guard->out.n, guard->data + begin, n);
    guard->out.n += n;
}

static void append_fixed(struct guard *guard, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        VEC_PUSH(&guard->out, (char)(unsigned char)(value >> (8 * i)));
    }
}

/* A length as a varint of exactly five bytes (padding is legal). */
static void patch_length(struct guard *guard, size_t at, size_t length)
{
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        const unsigned more = i + 1 < LENGTH_BYTES ? 0x80U : 0U;
        const unsigned bits = (unsigned)(length >> (7 * i)) & 0x7fU;
        guard->out.data[at + i] = (char)(unsigned char)(bits | more);
    }
}

static enum status read_varint(uint64_t *value, size_t *at, size_t end,
                               struct guard *guard)
{
    *value = 0;
    for (size_t i = 0; i < 10; i++) {
        if (*at == end) {
            return refuse(guard, *at, "number cut off");
        }
        const uint64_t byte = guard->data[(*at)++];
        *value |= (byte & 0x7fU) << (7 * i);
        if (byte < 0x80U) {
            return STATUS_OK;
        }
    }
    return refuse(guard, *at, "number of more than ten bytes");
}

static enum status read_field(struct field *field, size_t at, size_t end,
                              struct guard *guard)
{
    enum status status = STATUS_OK;
    uint64_t tag = 0;
    uint64_t length = 0;
    field->begin = at;
    STATUS_TRY(read_varint(&tag, &at, end, guard));
    if (tag < 8 || tag > UINT32_MAX) {
        return refuse(guard, field->begin, "impossible field number");
    }
    field->number = (uint32_t)(tag >> 3);
    field->wire = (uint32_t)(tag & 7U);
    field->value = at;
    if (field->wire == WIRE_VARINT) {
        STATUS_TRY(read_varint(&length, &at, end, guard));
        field->end = at;
        return STATUS_OK;
    }
    if (field->wire == WIRE_EIGHT_BYTES) {
        length = 8;
    } else if (field->wire == WIRE_FOUR_BYTES) {
        length = 4;
    } else if (field->wire == WIRE_LENGTH) {
        STATUS_TRY(read_varint(&length, &at, end, guard));
        if (guard->n_fields++ == ONNX_GUARD_FIELDS) {
            return refuse(guard, field->begin, "too many fields");
        }
    } else {
        return refuse(guard, field->begin, "group or unknown wire type");
    }
    if (length > end - at) {
        return refuse(guard, field->begin, "length beyond its message");
    }
    field->value = at;
    field->end = at + (size_t)length;
cleanup:
    return status;
}

/* A stretch of a message that is being copied, and where its length goes. */
struct frame {
    const ProtobufCMessageDescriptor *descriptor;
    size_t at;
    size_t end;
    size_t length_at; /* in the skeleton; SIZE_MAX: outermost */
    uint64_t seen;    /* singular messages met, by field number */
};

static enum status check_known(struct frame *frame, const struct field *field,
                               const ProtobufCFieldDescriptor *known,
                               struct guard *guard)
{
    if (known->type == PROTOBUF_C_TYPE_STRING && field->wire == WIRE_LENGTH &&
        field->end > field->value &&
        memchr(guard->data + field->value, 0, field->end - field->value) !=
            NULL) {
        return refuse(guard, field->value, "zero byte in a string");
    }
    if (known->type != PROTOBUF_C_TYPE_MESSAGE) {
        return STATUS_OK;
    }
    if (field->wire != WIRE_LENGTH) {
        return refuse(guard, field->begin, "message without a length");
    }
    if (known->label != PROTOBUF_C_LABEL_REPEATED && field->number < 64) {
        const uint64_t bit = UINT64_C(1) << field->number;
        if ((frame->seen & bit) != 0) {
            return refuse(guard, field->begin, "part given twice");
        }
        frame->seen |= bit;
    }
    return STATUS_OK;
}

static void append_locator(struct guard *guard, const struct field *field)
{
    VEC_PUSH(&guard->out, (char)(RAW_DATA_FIELD << 3 | WIRE_LENGTH));
    VEC_PUSH(&guard->out, (char)ONNX_GUARD_LOCATOR);
    append_fixed(guard, field->value, OFFSET_BYTES);
    append_fixed(guard, field->end - field->value, OFFSET_BYTES);
}

/* Handles one field of the innermost frame; *depth grows by one when the
 * field is a message. */
static enum status step(struct frame *frames, size_t *depth,
                        struct guard *guard)
{
    enum status status = STATUS_OK;
    struct frame *frame = &frames[*depth];
    struct field field = {0};
    const ProtobufCFieldDescriptor *known = NULL;
    STATUS_TRY(read_field(&field, frame->at, frame->end, guard));
    frame->at = field.end;
    known = protobuf_c_message_descriptor_get_field(frame->descriptor,
                                                    field.number);
    if (known == NULL) {
        append(guard, field.begin, field.end);
        return STATUS_OK;
    }
    STATUS_TRY(check_known(frame, &field, known, guard));
    if (known->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (*depth == ONNX_GUARD_DEPTH) {
            return refuse(guard, field.begin, "messages nested too deeply");
        }
        /* the tag alone; the length follows when the message is complete */
        const uint64_t tag = (uint64_t)field.number << 3 | WIRE_LENGTH;
        for (uint64_t rest = tag; rest != 0; rest >>= 7) {
            const uint64_t more = rest >= 0x80U ? 0x80U : 0U;
            append_fixed(guard, (rest & 0x7fU) | more, 1);
        }
        const struct frame inner = {known->descriptor, field.value, field.end,
                                    guard->out.n, 0};
        append_fixed(guard, 0, LENGTH_BYTES);
        frames[++*depth] = inner;
    } else if (frame->descriptor == &onnx__tensor_proto__descriptor &&
               field.number == RAW_DATA_FIELD && field.wire == WIRE_LENGTH) {
        append_locator(guard, &field);
    } else {
        append(guard, field.begin, field.end);
    }
cleanup:
    return status;
}

enum status onnx_guard(struct bytes *skeleton, const unsigned char *data,
                       size_t n, struct error *error)
{
    enum status status = STATUS_OK;
    struct guard guard = {.data = data, .error = error};
    struct frame *frames = NULL;
    size_t depth = 0;
    NEW_ARRAY(frames, ONNX_GUARD_DEPTH + 1);
    frames[0] =
        (struct frame){&onnx__model_proto__descriptor, 0, n, SIZE_MAX, 0};
    for (;;) {
        const struct frame *frame = &frames[depth];
        if (frame->at < frame->end) {
            STATUS_TRY(step(frames, &depth, &guard));
        } else if (depth == 0) {
            break;
        } else {
            patch_length(&guard, frame->length_at,
                         guard.out.n - frame->length_at - LENGTH_BYTES);
            depth--;
        }
    }
    VEC_PUSH(&guard.out, '\0');
    skeleton->data = guard.out.data;
    skeleton->n = guard.out.n - 1;
    guard.out.data = NULL;
cleanup:
    alloc_free(guard.out.data);
    alloc_free(frames);
    return status;
}

void onnx_guard_locate(size_t *offset, size_t *length,
                       const unsigned char *locator)
{
    *offset = 0;
    *length = 0;
    for (size_t i = 0; i < OFFSET_BYTES; i++) {
        *offset |= (size_t)locator[i] << (8 * i);
        *length |= (size_t)locator[OFFSET_BYTES + i] << (8 * i);
    }
}
