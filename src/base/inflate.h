/* gzip to plain bytes: the only user of zlib. */
#ifndef ASTROLABE_BASE_INFLATE_H
#define ASTROLABE_BASE_INFLATE_H

#include "src/base/reader.h"

#include <stdbool.h>

/* True if the bytes start with the gzip magic number. */
bool inflate_is_gzip(const char *data, size_t n);

/* Unpacks all members of a gzip stream; plain is owned by the caller and at
 * most limit_bytes long. Errors: STATUS_BAD_INPUT with the byte offset. */
enum status inflate_gzip(struct bytes *plain, const char *data, size_t n,
                         size_t limit_bytes, struct error *error);

#endif
