/* A refusal with its place: `path:line:column: message`. */
#ifndef ASTROLABE_BASE_ERROR_H
#define ASTROLABE_BASE_ERROR_H

#include <stddef.h>

enum { ERROR_PATH_BYTES = 512, ERROR_MESSAGE_BYTES = 1024 };

/*
 * path     file name as the user gave it; "" when there is none
 * line     1-based; 0 when the file has no lines (binary)
 * column   1-based; 0 when unknown
 * message  lower case, no full stop; names operand and limit
 */
struct error {
    size_t line;
    size_t column;
    char path[ERROR_PATH_BYTES];
    char message[ERROR_MESSAGE_BYTES];
};

/* Fills the message (printf form; cut at the end of the buffer). The path,
 * line and column are kept as they are. */
void error_set(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills path (may be NULL: kept), line and column. */
void error_set_place(struct error *error, const char *path, size_t line,
                     size_t column);

/* Writes `path:line:column: message` without a line end into text, cut to
 * size bytes, always terminated; absent parts are left out. */
void error_format(char *text, size_t size, const struct error *error);

#endif
