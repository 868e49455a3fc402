/* A whole input file in memory, unpacked if it is gzip. */
#ifndef ASTROLABE_BASE_READER_H
#define ASTROLABE_BASE_READER_H

#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>

/* data has n bytes and one more that is zero; owned. */
struct bytes {
    char *data;
    size_t n;
};

/*
 * Reads `path` ("-": standard input). gzip is recognised by its magic bytes;
 * when `path` does not exist and `path.gz` does, that is read. Concatenated
 * gzip members count as one file; trailing garbage, a truncated or corrupt
 * stream, a directory and a file of more than limit_bytes (unpacked) are
 * errors that name the path.
 *   returns  STATUS_OK; STATUS_IO (missing, unreadable); STATUS_BAD_INPUT
 */
enum status reader_load(struct bytes *bytes, const char *path,
                        size_t limit_bytes, struct error *error);

void bytes_clear(struct bytes *bytes);

#endif
