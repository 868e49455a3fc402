#include "src/base/inflate.h"

#include "src/base/alloc.h"

#define ZLIB_CONST /* input stays const */
#include <zlib.h>

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum {
    GZIP_WINDOW_BITS = 15 + 16,
    LEAST_PLAIN_BYTES = 4096,
    QUARTER_FROM_BYTES = 1 << 24
};

bool inflate_is_gzip(const char *data, size_t n)
{
    return n >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

static void *counted_alloc(void *unused, unsigned count, unsigned size)
{
    (void)unused;
    return alloc_bytes(count, size);
}

static void counted_free(void *unused, void *block)
{
    (void)unused;
    alloc_free(block);
}

static uInt clamp_to_uint(size_t n)
{
    return n > UINT_MAX ? UINT_MAX : (uInt)n;
}

/* The input n bytes long, of which n_used are consumed. */
struct source {
    const char *data;
    size_t n;
    size_t n_used;
};

/* The output, always with one more byte of room for the final zero. */
struct sink {
    char *data;
    size_t n;
    size_t capacity;
    size_t limit_bytes;
};

/* Room for at least one more byte; one byte past the limit may be written,
 * so that passing the limit can be told from reaching it. */
static void sink_reserve(struct sink *sink)
{
    if (sink->n < sink->capacity) {
        return;
    }
    const size_t most =
        sink->limit_bytes < SIZE_MAX - 1 ? sink->limit_bytes + 1 : SIZE_MAX - 1;
    /* large outputs grow by a quarter: the zeroed rest counts as memory */
    const size_t more = sink->capacity < QUARTER_FROM_BYTES
                            ? sink->capacity
                            : sink->capacity / 4;
    size_t capacity =
        sink->capacity > SIZE_MAX / 4 ? SIZE_MAX / 2 : sink->capacity + more;
    if (capacity < LEAST_PLAIN_BYTES) {
        capacity = LEAST_PLAIN_BYTES;
    }
    sink->capacity = capacity < most ? capacity : most;
    sink->data = alloc_resize(sink->data, sink->capacity + 1, 1);
}

static enum status unpack_member(z_stream *stream, struct source *source,
                                 struct sink *sink, struct error *error)
{
    int code = Z_OK;
    while (code != Z_STREAM_END) {
        sink_reserve(sink);
        const uInt n_in = clamp_to_uint(source->n - source->n_used);
        const uInt n_out = clamp_to_uint(sink->capacity - sink->n);
        stream->next_in = (const Bytef *)source->data + source->n_used;
        stream->avail_in = n_in;
        stream->next_out = (Bytef *)sink->data + sink->n;
        stream->avail_out = n_out;
        code = inflate(stream, Z_NO_FLUSH);
        source->n_used += n_in - stream->avail_in;
        sink->n += n_out - stream->avail_out;
        if (sink->n > sink->limit_bytes) {
            error_set(error, "unpacked size passes the limit of %zu bytes",
                      sink->limit_bytes);
            return STATUS_BAD_INPUT;
        }
        if (code == Z_BUF_ERROR ||
            (code == Z_OK && source->n_used == source->n &&
             stream->avail_out > 0)) {
            error_set(error, "gzip stream is truncated at byte %zu", source->n);
            return STATUS_BAD_INPUT;
        }
        if (code != Z_OK && code != Z_STREAM_END) {
            error_set(error, "gzip stream is corrupt at byte %zu: %s",
                      source->n_used,
                      stream->msg == NULL ? "needs a dictionary" : stream->msg);
            return STATUS_BAD_INPUT;
        }
    }
    return STATUS_OK;
}

enum status inflate_gzip(struct bytes *plain, const char *data, size_t n,
                         size_t limit_bytes, struct error *error)
{
    enum status status = STATUS_OK;
    struct source source = {data, n, 0};
    struct sink sink = {NULL, 0, 0, limit_bytes};
    z_stream stream = {0};
    stream.zalloc = counted_alloc;
    stream.zfree = counted_free;
    if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK) {
        error_set(error, "gzip reader could not be started");
        return STATUS_IO;
    }
    do {
        if (!inflate_is_gzip(data + source.n_used, n - source.n_used)) {
            error_set(error, "expected a gzip member at byte %zu, found %s",
                      source.n_used,
                      n == source.n_used ? "nothing" : "garbage");
            status = STATUS_BAD_INPUT;
            goto cleanup;
        }
        (void)inflateReset(&stream);
        STATUS_TRY(unpack_member(&stream, &source, &sink, error));
    } while (source.n_used < n);
    plain->data = alloc_resize(sink.data, sink.n + 1, 1);
    plain->data[sink.n] = '\0';
    plain->n = sink.n;
    sink.data = NULL;
cleanup:
    alloc_free(sink.data);
    (void)inflateEnd(&stream);
    return status;
}
