/* Bytes -> certificate. */
#include "proofs/cert_bin.h"

enum status cert_bin_decode(struct cert *cert, const struct bytes *bytes,
                            struct error *error)
{
    *cert = (struct cert){0};
    error_set(error, "%zu bytes: not supported", bytes->n);
    return STATUS_UNSUPPORTED;
}
