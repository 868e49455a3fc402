/* Reading a file whole, and its bytes one after the other.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_bytes.h"

#include "proofs/check/check_fail.h"

#include <stdio.h>

struct check_bytes check_bytes_open(const char *path)
{
    struct check_bytes bytes = {.path = path};
    size_t size = (size_t)1 << 16;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        check_unreadable("%s: cannot be opened", path);
    }
    bytes.data = check_alloc(size, 1);
    for (;;) {
        bytes.n += fread(bytes.data + bytes.n, 1, size - bytes.n, file);
        if (bytes.n < size) {
            break;
        }
        size *= 2;
        bytes.data = check_resize(bytes.data, size, 1);
    }
    if (ferror(file) != 0) {
        check_unreadable("%s: cannot be read", path);
    }
    (void)fclose(file);
    bytes.data = check_resize(bytes.data, bytes.n, 1);
    return bytes;
}

void check_bytes_close(struct check_bytes *bytes)
{
    check_free(bytes->data);
    bytes->data = NULL;
    bytes->n = 0;
}

struct check_cursor check_cursor_all(const struct check_bytes *file)
{
    return (struct check_cursor){.file = file, .at = 0, .end = file->n};
}

void check_cursor_fail(const struct check_cursor *cursor, const char *text)
{
    check_unreadable("%s: byte %zu: %s", cursor->file->path, cursor->at, text);
}

const unsigned char *check_cursor_skip(struct check_cursor *cursor, uint64_t n)
{
    const unsigned char *data = cursor->file->data + cursor->at;
    if (n > check_cursor_left(cursor)) {
        check_cursor_fail(cursor, "more bytes announced than there are");
    }
    cursor->at += (size_t)n;
    return data;
}

struct check_cursor check_cursor_take(struct check_cursor *cursor, uint64_t n)
{
    struct check_cursor part = *cursor;
    (void)check_cursor_skip(cursor, n);
    part.end = cursor->at;
    return part;
}

unsigned check_cursor_u8(struct check_cursor *cursor)
{
    return *check_cursor_skip(cursor, 1);
}

static uint64_t read_little_endian(struct check_cursor *cursor, unsigned n)
{
    const unsigned char *data = check_cursor_skip(cursor, n);
    uint64_t value = 0;
    for (unsigned i = 0; i < n; i++) {
        value |= (uint64_t)data[i] << (8 * i);
    }
    return value;
}

uint32_t check_cursor_u32(struct check_cursor *cursor)
{
    return (uint32_t)read_little_endian(cursor, 4);
}

uint64_t check_cursor_u64(struct check_cursor *cursor)
{
    return read_little_endian(cursor, 8);
}

uint64_t check_cursor_varint(struct check_cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint64_t byte = check_cursor_u8(cursor);
        if (shift == 63 && (byte & 0x7F) > 1) {
            check_cursor_fail(cursor, "number of more than 64 bits");
        }
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    check_cursor_fail(cursor, "number of more than ten bytes");
}
