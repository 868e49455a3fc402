#include "src/base/reader.h"

#include "src/base/alloc.h"
#include "src/base/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAST_READ_BYTES = 65536, PACKED_SLACK_BYTES = 65536 };

static enum status refuse_errno(struct error *error, const char *verb)
{
    error_set(error, "cannot %s: %s", verb, strerror(errno));
    return STATUS_IO;
}

/* Opens path or, if there is none, path.gz; places errors at the one that
 * was taken. */
static enum status open_input(int *descriptor, const char *path,
                              struct error *error)
{
    error_set_place(error, path, 0, 0);
    if (strcmp(path, "-") == 0) {
        error_set_place(error, "<stdin>", 0, 0);
        *descriptor = STDIN_FILENO;
        return STATUS_OK;
    }
    *descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (*descriptor >= 0) {
        return STATUS_OK;
    }
    const enum status status = refuse_errno(error, "open");
    if (errno != ENOENT) {
        return status;
    }
    const size_t n = strlen(path);
    char *packed = alloc_bytes(n + sizeof ".gz", 1);
    (void)snprintf(packed, n + sizeof ".gz", "%s.gz", path);
    *descriptor = open(packed, O_RDONLY | O_CLOEXEC);
    const int code = errno;
    if (*descriptor >= 0 || code != ENOENT) {
        error_set_place(error, packed, 0, 0);
    }
    alloc_free(packed);
    if (*descriptor >= 0) {
        return STATUS_OK;
    }
    if (code != ENOENT) {
        errno = code;
        return refuse_errno(error, "open");
    }
    return status;
}

/* First size of the buffer: one more than the file, so that its end shows. */
static enum status first_capacity(size_t *capacity, int descriptor,
                                  size_t limit_bytes, struct error *error)
{
    struct stat stat = {0};
    if (fstat(descriptor, &stat) != 0) {
        return refuse_errno(error, "stat");
    }
    if (S_ISDIR(stat.st_mode)) {
        error_set(error, "cannot read: is a directory");
        return STATUS_IO;
    }
    *capacity = LEAST_READ_BYTES;
    if (S_ISREG(stat.st_mode) && stat.st_size > 0 &&
        (uintmax_t)stat.st_size < SIZE_MAX) {
        *capacity = (size_t)stat.st_size + 1;
    }
    if (*capacity - 1 > limit_bytes) {
        *capacity = limit_bytes + 1;
    }
    return STATUS_OK;
}

/* Reads to the end of the file, but at most limit_bytes + 1. */
static enum status read_all(struct bytes *bytes, int descriptor,
                            size_t limit_bytes, struct error *error)
{
    size_t capacity = 0;
    const enum status status =
        first_capacity(&capacity, descriptor, limit_bytes, error);
    if (status != STATUS_OK) {
        return status;
    }
    bytes->data = alloc_bytes(capacity, 1);
    for (;;) {
        const ssize_t n =
            read(descriptor, bytes->data + bytes->n, capacity - bytes->n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return refuse_errno(error, "read");
        }
        if (n == 0) {
            break;
        }
        bytes->n += (size_t)n;
        if (bytes->n > limit_bytes) {
            break;
        }
        if (bytes->n == capacity) {
            const size_t room = limit_bytes - bytes->n;
            const size_t more = room < capacity ? room + 1 : capacity;
            capacity += more;
            bytes->data = alloc_resize(bytes->data, capacity, 1);
        }
    }
    bytes->data = alloc_resize(bytes->data, bytes->n + 1, 1);
    return STATUS_OK;
}

/* A packed file may be a little longer than its content. */
static size_t raw_limit(size_t limit_bytes)
{
    const size_t most = SIZE_MAX / 2;
    const size_t slack = limit_bytes / 256 + PACKED_SLACK_BYTES;
    return limit_bytes < most - slack ? limit_bytes + slack : most;
}

enum status reader_load(struct bytes *bytes, const char *path,
                        size_t limit_bytes, struct error *error)
{
    enum status status = STATUS_OK;
    struct bytes raw = {NULL, 0};
    int descriptor = -1;
    bool is_packed = false;
    STATUS_TRY(open_input(&descriptor, path, error));
    STATUS_TRY(read_all(&raw, descriptor, raw_limit(limit_bytes), error));
    is_packed = inflate_is_gzip(raw.data, raw.n);
    if (raw.n > (is_packed ? raw_limit(limit_bytes) : limit_bytes)) {
        error_set(error, "file passes the limit of %zu bytes", limit_bytes);
        status = STATUS_BAD_INPUT;
    } else if (is_packed) {
        status = inflate_gzip(bytes, raw.data, raw.n, limit_bytes, error);
    } else {
        *bytes = raw;
        raw.data = NULL;
    }
cleanup:
    if (descriptor > STDIN_FILENO) {
        (void)close(descriptor);
    }
    bytes_clear(&raw);
    return status;
}

void bytes_clear(struct bytes *bytes)
{
    if (bytes == NULL) {
        return;
    }
    alloc_free(bytes->data);
    bytes->data = NULL;
    bytes->n = 0;
}
