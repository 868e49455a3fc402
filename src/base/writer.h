/* An output file that appears whole or not at all. */
#ifndef ASTROLABE_BASE_WRITER_H
#define ASTROLABE_BASE_WRITER_H

#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>

struct writer;

/* Opens a temporary file beside `path`; nothing at `path` changes until
 * writer_commit. */
enum status writer_open(struct writer **writer, const char *path,
                        struct error *error);

/* Appends; a failure is remembered and reported by writer_commit. */
void writer_print(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void writer_append(struct writer *writer, const void *data, size_t n);

/* Flushes, fsyncs, renames over `path` and releases the writer; on error the
 * temporary file is gone and `path` is what it was. */
enum status writer_commit(struct writer *writer, struct error *error);

/* Removes the temporary file and releases the writer; NULL is harmless. */
void writer_abandon(struct writer *writer);

/* Removes all temporary files still open: for the out-of-memory exit and
 * signal handlers' orderly end. */
void writer_abandon_all(void);

#endif
