/* Certificates as text. */
#include "proofs/cert_text.h"

void cert_text_print(FILE *file, const struct cert *cert)
{
    (void)fprintf(file, "astc %d %d\n", CERT_VERSION, (int)cert->verdict);
}

enum status cert_text_read(struct cert *cert, const char *text, size_t n,
                           struct error *error)
{
    *cert = (struct cert){0};
    error_set(error, "%.*s: not supported", (int)(n > 5 ? 5 : n), text);
    return STATUS_UNSUPPORTED;
}
