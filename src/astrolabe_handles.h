/* What the handles of the public interface are: for astrolabe*.c only. */
#ifndef ASTROLABE_HANDLES_H
#define ASTROLABE_HANDLES_H

#include "proofs/cert.h"
#include "src/astrolabe.h"
#include "src/base/error.h"
#include "src/base/status.h"
#include "src/query/query.h"

#include <stddef.h>

struct astrolabe_query {
    struct query *query;
};

struct astrolabe_certificate {
    struct cert cert;
};

/* The public status; the error as a message unless it is ASTROLABE_OK. */
enum astrolabe_status astrolabe_report(enum status status, char *message,
                                       size_t size, const struct error *error);

#endif
