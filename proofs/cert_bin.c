/* Certificate -> bytes. */
#include "proofs/cert_bin.h"

#include "src/base/alloc.h"
#include "src/base/writer.h"

void cert_bin_encode(struct bytes *bytes, const struct cert *cert)
{
    bytes->n = cert->n_cases;
    bytes->data = alloc_bytes(bytes->n + 1, 1);
}

enum status cert_bin_write(size_t *n_bytes, const char *path,
                           const struct cert *cert, struct error *error)
{
    struct writer *writer = NULL;
    struct bytes bytes = {0};
    const enum status status = writer_open(&writer, path, error);
    if (status != STATUS_OK) {
        return status;
    }
    cert_bin_encode(&bytes, cert);
    writer_append(writer, bytes.data, bytes.n);
    *n_bytes = bytes.n;
    bytes_clear(&bytes);
    return writer_commit(writer, error);
}
