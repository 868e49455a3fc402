/* The JSON report of one run. */
#ifndef ASTROLABE_APP_REPORT_H
#define ASTROLABE_APP_REPORT_H

#include "src/astrolabe.h"

#include <stddef.h>

/*
 * verdict   a verdict's word or "error"
 * reason    "" when there is none
 * load_s, verify_s, minimize_s  wall seconds of the stages
 * result    counters and witness; may be NULL
 */
struct report {
    const char *verdict;
    const char *reason;
    const char *query;
    size_t n_networks;
    const struct astrolabe_network *networks;
    const struct astrolabe_options *options;
    double load_s;
    double verify_s;
    double minimize_s;
    const astrolabe_result *result;
};

/* One JSON object; n bytes, terminated, released with free. Bytes that are
 * not ASCII are written as \u00XX. */
char *report_text(size_t *n, const struct report *report);

#endif
