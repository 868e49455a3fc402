/* One pass over the text; quoted fields shrink in place. */
#include "src/app/csv.h"

#include "src/base/reader.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const size_t LIMIT_BYTES = (size_t)1 << 28;

/* Position in the text; write <= read. */
struct cursor {
    char *read;
    size_t line;
};

/* Moves a quoted field to its start; the cursor ends behind the quote. */
static bool take_quoted(struct cursor *cursor, char **field)
{
    char *write = cursor->read;
    *field = write;
    for (char *read = cursor->read + 1; *read != '\0'; read++) {
        if (*read == '"' && read[1] == '"') {
            read++;
        } else if (*read == '"') {
            cursor->read = read + 1;
            *write = '\0';
            return true;
        }
        cursor->line += *read == '\n' ? 1 : 0;
        *write++ = *read;
    }
    return false;
}

static void take_plain(struct cursor *cursor, char **field, char **end)
{
    cursor->read += strspn(cursor->read, " \t");
    *field = cursor->read;
    cursor->read += strcspn(cursor->read, ",\r\n");
    *end = cursor->read;
    while (*end > *field && ((*end)[-1] == ' ' || (*end)[-1] == '\t')) {
        (*end)--;
    }
}

/* Steps over what ends a field; true at the end of the row. */
static bool take_separator(struct cursor *cursor)
{
    const char c = *cursor->read;
    if (c == ',') {
        cursor->read++;
        return false;
    }
    cursor->read += c == '\r' ? 1 : 0;
    if (*cursor->read == '\n') {
        cursor->read++;
        cursor->line++;
    }
    return true;
}

static enum status read_row(struct csv *csv, struct cursor *cursor,
                            struct error *error)
{
    struct csv_row row = {.first = csv->fields.n, .line = cursor->line};
    bool is_end = false;
    while (!is_end) {
        char *field = NULL;
        char *end = NULL;
        if (*cursor->read == '"') {
            if (!take_quoted(cursor, &field)) {
                error_set_place(error, NULL, row.line, 0);
                error_set(error, "expected a closing quote");
                return STATUS_BAD_INPUT;
            }
            cursor->read += strspn(cursor->read, " \t");
            if (strchr(",\r\n", *cursor->read) == NULL) {
                error_set_place(error, NULL, cursor->line, 0);
                error_set(error, "expected a comma after a quoted field");
                return STATUS_BAD_INPUT;
            }
        } else {
            take_plain(cursor, &field, &end);
        }
        is_end = take_separator(cursor);
        if (end != NULL) {
            *end = '\0';
        }
        VEC_PUSH(&csv->fields, field);
        row.n++;
    }
    VEC_PUSH(&csv->rows, row);
    return STATUS_OK;
}

enum status csv_load(struct csv *csv, const char *path, struct error *error)
{
    struct bytes bytes = {0};
    *csv = (struct csv){0};
    error_set_place(error, path, 0, 0);
    enum status status = reader_load(&bytes, path, LIMIT_BYTES, error);
    csv->text = bytes.data;
    if (status == STATUS_OK && strlen(bytes.data) != bytes.n) {
        error_set(error, "unexpected NUL byte");
        status = STATUS_BAD_INPUT;
    }
    struct cursor cursor = {.read = csv->text, .line = 1};
    while (status == STATUS_OK && *cursor.read != '\0') {
        if (strchr("\r\n", *cursor.read) != NULL) {
            (void)take_separator(&cursor);
        } else {
            status = read_row(csv, &cursor, error);
        }
    }
    return status;
}

void csv_clear(struct csv *csv)
{
    VEC_CLEAR(&csv->fields);
    VEC_CLEAR(&csv->rows);
    alloc_free(csv->text);
    csv->text = NULL;
}

const char *csv_field(const struct csv *csv, size_t row, size_t column)
{
    const struct csv_row *at = &csv->rows.data[row];
    return column < at->n ? csv->fields.data[at->first + column] : "";
}

size_t csv_column(const struct csv *csv, const char *name)
{
    if (csv->rows.n == 0) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < csv->rows.data[0].n; i++) {
        if (strcmp(csv_field(csv, 0, i), name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

char *csv_quote(const char *field)
{
    const size_t n = strlen(field);
    char *text = NULL;
    NEW_ARRAY(text, 2 * n + 3);
    if (strpbrk(field, ",\"\r\n") == NULL && strspn(field, " \t") == 0) {
        memcpy(text, field, n + 1);
        return text;
    }
    size_t at = 0;
    text[at++] = '"';
    for (size_t i = 0; i < n; i++) {
        if (field[i] == '"') {
            text[at++] = '"';
        }
        text[at++] = field[i];
    }
    text[at] = '"';
    return text;
}
