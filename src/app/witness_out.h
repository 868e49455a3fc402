/* The answer of verify: the verdict line, and the witness after `sat`. */
#ifndef ASTROLABE_APP_WITNESS_OUT_H
#define ASTROLABE_APP_WITNESS_OUT_H

#include "src/astrolabe.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>

/* Word of a verdict on standard output. */
const char *witness_out_word(enum astrolabe_verdict verdict);

/* Word of a verdict in a result file: for version 1 properties the timeout
 * is `timeout`, for version 2 `timed-out`. */
const char *witness_out_result_word(enum astrolabe_verdict verdict,
                                    int vnnlib_version);

/* `word`, a line end, and the witness if there is one; n bytes, terminated,
 * released with free. result may be NULL. */
char *witness_out_text(size_t *n, const char *word,
                       const astrolabe_result *result);

/* Writes all of standard output at once.
 *   returns  STATUS_OK; STATUS_IO */
enum status witness_out_print(const char *text, size_t n, struct error *error);

#endif
