/* A file's bytes, a bounded cursor over them, and their hash.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_BYTES_H
#define ASTROLABE_PROOFS_CHECK_CHECK_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A whole file. It is read once, so that what is hashed is what is used. */
struct check_bytes {
    const char *path; /* not owned: the caller's */
    unsigned char *data;
    size_t n;
};

/* Both end in check_unreadable if the file cannot be read. The second one
 * reads from where `file` stands, or fails if that is NULL, and closes it. */
struct check_bytes check_bytes_open(const char *path);
struct check_bytes check_bytes_read(FILE *file, const char *path);
void check_bytes_close(struct check_bytes *bytes);

/* The part of a file that is being read: file->data[at] .. [end - 1]. */
struct check_cursor {
    const struct check_bytes *file;
    size_t at;
    size_t end;
};

static inline struct check_cursor check_cursor_all(const struct check_bytes *f)
{
    return (struct check_cursor){f, 0, f->n};
}
static inline size_t check_cursor_left(const struct check_cursor *cursor)
{
    return cursor->end - cursor->at;
}

/* The next n bytes as a cursor of their own, or as the start of n bytes in
 * the file; check_unreadable (`path: byte N: ...`) if fewer are left. */
struct check_cursor check_cursor_take(struct check_cursor *cursor, uint64_t n);
const unsigned char *check_cursor_skip(struct check_cursor *cursor, uint64_t n);

/* The next byte; the next 4 or 8 bytes as a little-endian number. */
unsigned check_cursor_u8(struct check_cursor *cursor);
uint32_t check_cursor_u32(struct check_cursor *cursor);
uint64_t check_cursor_u64(struct check_cursor *cursor);
/* The next LEB128 number: at most ten bytes, at most 64 bits. */
uint64_t check_cursor_varint(struct check_cursor *cursor);

/* Ends in check_unreadable with the cursor's position and the text. */
_Noreturn void check_cursor_fail(const struct check_cursor *cursor,
                                 const char *text);

#endif
