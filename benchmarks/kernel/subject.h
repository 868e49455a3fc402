/* The network and the property that a kernel is measured on. */
#ifndef ASTROLABE_BENCHMARKS_KERNEL_SUBJECT_H
#define ASTROLABE_BENCHMARKS_KERNEL_SUBJECT_H

#include "src/query/query.h"

#include <stdbool.h>

struct subject {
    const char *network; /* its path, for the lines of figures */
    struct query *query; /* to be released by query_destroy */
};

/* Loads argv[1] with the property argv[2] or, without arguments, the model
 * `name` of benchmarks/models with its first property that holds. False,
 * after a line on standard error, if they cannot be read. */
bool subject_load(struct subject *subject, int argc, char **argv,
                  const char *name);

#endif
