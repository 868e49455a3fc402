/* Reading a file whole, and its bytes one after the other.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_bytes.h"

#include "proofs/check/check_fail.h"

struct check_bytes check_bytes_read(FILE *file, const char *path)
{
    const size_t step = (size_t)1 << 20;
    struct check_bytes bytes = {path, NULL, 0};
    for (size_t n = step; file != NULL && n == step; bytes.n += n) {
        bytes.data = check_resize(bytes.data, bytes.n + step, 1);
        n = fread(bytes.data + bytes.n, 1, step, file);
    }
    if (file == NULL || ferror(file) != 0 || fclose(file) != 0) {
        check_unreadable("%s: cannot be read", path);
    }
    bytes.data = check_resize(bytes.data, bytes.n, 1);
    return bytes;
}

struct check_bytes check_bytes_open(const char *path)
{
    return check_bytes_read(fopen(path, "rb"), path);
}

void check_bytes_close(struct check_bytes *bytes)
{
    check_free(bytes->data);
    *bytes = (struct check_bytes){0};
}

void check_cursor_fail(const struct check_cursor *cursor, const char *text)
{
    check_unreadable("%s: byte %zu: %s", cursor->file->path, cursor->at, text);
}

const unsigned char *check_cursor_skip(struct check_cursor *cursor, uint64_t n)
{
    if (n > check_cursor_left(cursor)) {
        check_cursor_fail(cursor, "more bytes announced than there are");
    }
    cursor->at += (size_t)n;
    return cursor->file->data + (cursor->at - (size_t)n);
}

struct check_cursor check_cursor_take(struct check_cursor *cursor, uint64_t n)
{
    (void)check_cursor_skip(cursor, n);
    return (struct check_cursor){cursor->file, cursor->at - n, cursor->at};
}

unsigned check_cursor_u8(struct check_cursor *cursor)
{
    return *check_cursor_skip(cursor, 1);
}

uint32_t check_cursor_u32(struct check_cursor *cursor)
{
    const unsigned char *bytes = check_cursor_skip(cursor, 4);
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[1] << 8 | bytes[0];
}

uint64_t check_cursor_u64(struct check_cursor *cursor)
{
    const uint64_t low = check_cursor_u32(cursor);
    return low | (uint64_t)check_cursor_u32(cursor) << 32;
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
