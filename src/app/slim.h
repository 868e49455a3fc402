/* Minimization of a certificate file, each step judged by the checker. */
#ifndef ASTROLABE_APP_SLIM_H
#define ASTROLABE_APP_SLIM_H

#include "src/astrolabe.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What to do.
 *   in, out   certificates; may be the same
 *   network, property  files of the query, for the checker; may be packed
 *   report    where to write one row per pass as CSV, which is then checked
 *             on its own; NULL: all passes are checked at once, and one by
 *             one only if that fails
 */
struct slim_job {
    const char *in;
    const char *out;
    const char *network;
    const char *property;
    const astrolabe_query *query;
    struct astrolabe_minimize_options options;
    const char *report;
};

/* Sizes in bytes before and after. */
struct slim_sizes {
    size_t before;
    size_t after;
};

/*
 * Leaves at `out` the smallest certificate found that the checker accepts,
 * never a larger one than `in`: at worst a copy of it.
 *   returns  STATUS_OK; STATUS_IO; STATUS_BAD_INPUT
 */
enum status slim_run(struct slim_sizes *sizes, const struct slim_job *job,
                     struct error *error);

/* The passes of a comma-separated list, all for NULL.
 *   returns  STATUS_OK; STATUS_USAGE with the name that is none */
enum status slim_parse_passes(unsigned *passes, const char *list,
                              struct error *error);

#endif
