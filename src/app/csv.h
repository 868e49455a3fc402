/* Comma-separated text as rows of fields. */
#ifndef ASTROLABE_APP_CSV_H
#define ASTROLABE_APP_CSV_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/base/vec.h"

#include <stddef.h>

/* Fields first .. first + n - 1; line is where the row starts. */
struct csv_row {
    size_t first;
    size_t n;
    size_t line;
};

/* A file in memory; fields point into text and are terminated. */
struct csv {
    char *text;
    VEC(struct csv_row) rows;
    VEC(const char *) fields;
};

/*
 * Reads a file: rows end with LF or CRLF, empty lines are skipped, a field
 * in double quotes may hold commas, line ends and doubled quotes. Blanks
 * around unquoted fields are dropped.
 *   returns  STATUS_OK; STATUS_IO; STATUS_BAD_INPUT with the line.
 *            csv_clear is due in all cases.
 */
enum status csv_load(struct csv *csv, const char *path, struct error *error);
void csv_clear(struct csv *csv);

/* Field of a row, "" beyond its end. */
const char *csv_field(const struct csv *csv, size_t row, size_t column);

/* Position of the named column in row 0; SIZE_MAX if there is none. */
size_t csv_column(const struct csv *csv, const char *name);

/* The field as it is written: quoted if it needs to be. Owned by the caller
 * (alloc_free). */
char *csv_quote(const char *field);

#endif
