/* Keys and values are strings: read strictly. */
#include "src/onnx/external.h"

#include "src/base/alloc.h"
#include "src/base/inside.h"

#include <stdbool.h>
#include <string.h>

/* Most bytes of all files together. */
static const size_t limit_bytes = (size_t)1 << 33;

struct entries {
    const char *location;
    const char *offset;
    const char *length;
};

static enum status read_entries(struct entries *entries,
                                const Onnx__TensorProto *tensor,
                                struct error *error)
{
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const Onnx__StringStringEntryProto *entry = tensor->external_data[i];
        const struct {
            const char *name;
            const char **value;
        } known[] = {{"location", &entries->location},
                     {"offset", &entries->offset},
                     {"length", &entries->length}};
        bool is_taken = false;
        for (size_t k = 0; k < 3 && entry->key != NULL; k++) {
            if (strcmp(entry->key, known[k].name) == 0 &&
                entry->value != NULL && *known[k].value == NULL) {
                *known[k].value = entry->value;
                is_taken = true;
            }
        }
        if (!is_taken) {
            error_set(error,
                      "tensor '%s': external data with an unknown or repeated "
                      "key '%s'",
                      tensor->name, entry->key == NULL ? "" : entry->key);
            return STATUS_UNSUPPORTED;
        }
    }
    if (entries->location == NULL) {
        error_set(error, "tensor '%s': external data without a location",
                  tensor->name);
        return STATUS_BAD_INPUT;
    }
    return STATUS_OK;
}

/* Decimal digits only; *value stays when there is no text. */
static bool read_number(size_t *value, const char *text)
{
    if (text == NULL) {
        return true;
    }
    const size_t n = strlen(text);
    size_t number = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = 10 * number + (size_t)(text[i] - '0');
    }
    *value = number;
    return n > 0 && n <= 15;
}

/* The file of that location, read when it is met first. */
static enum status find_file(const struct external_file **file,
                             struct external *external, const char *location,
                             struct error *error)
{
    for (size_t i = 0; i < external->files.n; i++) {
        if (strcmp(external->files.data[i].location, location) == 0) {
            *file = &external->files.data[i];
            return STATUS_OK;
        }
    }
    struct external_file added = {0};
    const enum status status =
        inside_load(&added.bytes, external->path, location,
                    limit_bytes - external->n_bytes, error);
    if (status != STATUS_OK) {
        return status;
    }
    added.location = alloc_string(location, strlen(location));
    external->n_bytes += added.bytes.n;
    VEC_PUSH(&external->files, added);
    *file = &external->files.data[external->files.n - 1];
    return STATUS_OK;
}

enum status external_find(const unsigned char **data, size_t *n,
                          struct external *external,
                          const Onnx__TensorProto *tensor, struct error *error)
{
    struct entries entries = {0};
    const struct external_file *file = NULL;
    size_t offset = 0;
    enum status status = read_entries(&entries, tensor, error);
    if (status == STATUS_OK) {
        status = find_file(&file, external, entries.location, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    const size_t size = file->bytes.n;
    bool is_inside = read_number(&offset, entries.offset) && offset <= size;
    *n = is_inside ? size - offset : 0;
    is_inside =
        is_inside && read_number(n, entries.length) && *n <= size - offset;
    if (!is_inside) {
        error_set(error, "tensor '%s': offset or length beyond file '%s'",
                  tensor->name, entries.location);
        return STATUS_BAD_INPUT;
    }
    *data = (const unsigned char *)file->bytes.data + offset;
    return STATUS_OK;
}

void external_clear(struct external *external)
{
    for (size_t i = 0; i < external->files.n; i++) {
        alloc_free(external->files.data[i].location);
        bytes_clear(&external->files.data[i].bytes);
    }
    VEC_CLEAR(&external->files);
}
