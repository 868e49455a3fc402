/* Files that another file names: only those in its own folder. */
#ifndef ASTROLABE_BASE_INSIDE_H
#define ASTROLABE_BASE_INSIDE_H

#include "src/base/error.h"
#include "src/base/reader.h"
#include "src/base/status.h"

#include <stddef.h>

/*
 * Reads the regular file `location` relative to the folder of the file `path`.
 * The location comes from a hostile file: absolute paths, empty parts, parts
 * "." and "..", backslashes, and symbolic links anywhere below the folder are
 * refused. Nothing is unpacked.
 *   path  as the user gave it; links on the way to its folder are followed
 *   returns STATUS_OK and *bytes, owned by the caller; STATUS_IO (missing,
 *           unreadable); STATUS_BAD_INPUT (location refused, no regular file,
 *           more than limit_bytes); errors name the location
 */
enum status inside_load(struct bytes *bytes, const char *path,
                        const char *location, size_t limit_bytes,
                        struct error *error);

#endif
