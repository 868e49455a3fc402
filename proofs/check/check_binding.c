/* Compares the hashes in a certificate with those of what was read.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_binding.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_sha.h"

#include <stdio.h>
#include <string.h>

static void compare_hash(const struct check_records *records,
                         const unsigned char *stated,
                         const struct check_bytes *bytes, const char *what)
{
    unsigned char hash[CHECK_HASH];
    check_sha256(hash, bytes->data, bytes->n);
    if (memcmp(hash, stated, CHECK_HASH) != 0) {
        check_reject("%s: made for another %s than %s", records->file.path,
                     what, bytes->path);
    }
}

/* The canonical text of the query, as bytes. */
static struct check_bytes dump_query(const struct check_query *query)
{
    FILE *file = tmpfile();
    if (file == NULL) {
        check_unsupported("temporary file: cannot be created");
    }
    check_query_dump(file, query);
    if (fflush(file) != 0 || fseek(file, 0, SEEK_SET) != 0) {
        check_unsupported("temporary file: cannot be written");
    }
    return check_bytes_read(file, "what was read here");
}

void check_binding(const struct check_records *records,
                   const struct check_network *network,
                   const struct check_property *property,
                   const struct check_query *query)
{
    struct check_bytes text = dump_query(query);
    compare_hash(records, records->network_hash, &network->file, "network");
    compare_hash(records, records->property_hash, &property->file, "property");
    compare_hash(records, records->query_hash, &text, "query");
    check_free(text.data);
    if (records->n_cases != query->n_cases) {
        check_reject("%s: has %llu cases, the query has %zu",
                     records->file.path, (unsigned long long)records->n_cases,
                     query->n_cases);
    }
}
