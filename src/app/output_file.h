/* Result files: claimed before the search, replaced by the final text. */
#ifndef ASTROLABE_APP_OUTPUT_FILE_H
#define ASTROLABE_APP_OUTPUT_FILE_H

#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>

/*
 * Puts a first text of n bytes at path, so that a killed run leaves a valid
 * file and an unwritable path is noticed early. A device or pipe is only
 * tested for being writable. path NULL: nothing to do.
 *   returns  STATUS_OK; STATUS_IO with the path
 */
enum status output_file_claim(const char *path, const char *text, size_t n,
                              struct error *error);

/* Replaces what is at path (NULL: nothing to do) in one step. */
enum status output_file_put(const char *path, const char *text, size_t n,
                            struct error *error);

#endif
