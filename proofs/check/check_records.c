/* Bits of the trees and numbers of the data, each consumed in order.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_records.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_sha.h"

#include <string.h>

enum { VERSION = 1, REAL = 0, MOST_BITS = 60, MOST_SLOPE_BITS = 16 };
enum { MOST_EXPONENT = 10000 };

/* LEB128 in as few bytes as possible. */
static uint64_t read_varint(struct check_cursor *cursor)
{
    const size_t from = cursor->at;
    const uint64_t value = check_cursor_varint(cursor);
    if (cursor->at - from > 1 && cursor->file->data[cursor->at - 1] == 0) {
        check_cursor_fail(cursor, "number with superfluous bytes");
    }
    return value;
}

static void read_head(struct check_records *records,
                      struct check_cursor *cursor)
{
    if (memcmp(check_cursor_skip(cursor, 4), "ASTC", 4) != 0) {
        check_cursor_fail(cursor, "not a certificate: no ASTC at its start");
    }
    const unsigned version = check_cursor_u8(cursor);
    const unsigned semantics = check_cursor_u8(cursor);
    if (version != VERSION || semantics != REAL) {
        check_unsupported("%s: version %u with semantics %u is not supported",
                          records->file.path, version, semantics);
    }
    records->box_bits = check_cursor_u8(cursor);
    records->fact_bits = check_cursor_u8(cursor);
    records->slope_bits = check_cursor_u8(cursor);
    if (records->box_bits > MOST_BITS || records->fact_bits > MOST_BITS ||
        records->slope_bits < 1 || records->slope_bits > MOST_SLOPE_BITS) {
        check_cursor_fail(cursor, "grids outside their limits");
    }
    records->network_hash = check_cursor_skip(cursor, CHECK_HASH);
    records->property_hash = check_cursor_skip(cursor, CHECK_HASH);
    records->query_hash = check_cursor_skip(cursor, CHECK_HASH);
    records->n_cases = read_varint(cursor);
}

void check_records_open(struct check_records *records, const char *path)
{
    unsigned char hash[CHECK_HASH];
    *records = (struct check_records){.file = check_bytes_open(path)};
    struct check_cursor cursor = check_cursor_all(&records->file);
    read_head(records, &cursor);
    records->trees = check_cursor_take(&cursor, read_varint(&cursor));
    records->data = check_cursor_take(&cursor, read_varint(&cursor));
    check_sha256(hash, records->file.data, cursor.at);
    const unsigned char *stated = check_cursor_skip(&cursor, CHECK_HASH);
    if (check_cursor_left(&cursor) != 0) {
        check_cursor_fail(&cursor, "bytes after the end");
    }
    if (memcmp(hash, stated, CHECK_HASH) != 0) {
        check_reject("%s: its hash at the end is not that of its bytes", path);
    }
}

void check_records_finish(const struct check_records *records)
{
    struct check_cursor trees = records->trees;
    if (records->bit > 0) {
        const unsigned last = check_cursor_u8(&trees);
        if (last >> records->bit != 0) {
            check_cursor_fail(&trees, "bits after the last node");
        }
    }
    if (check_cursor_left(&trees) != 0) {
        check_cursor_fail(&trees, "bytes after the last node");
    }
    if (check_cursor_left(&records->data) != 0) {
        check_cursor_fail(&records->data, "data that no node uses");
    }
}

void check_records_close(struct check_records *records)
{
    check_bytes_close(&records->file);
}

/* The next n <= 32 bits of the trees, the least significant first. */
static uint32_t read_bits(struct check_records *records, unsigned n)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < n; i++) {
        struct check_cursor *trees = &records->trees;
        if (check_cursor_left(trees) == 0) {
            check_cursor_fail(trees, "the trees end within a node");
        }
        const unsigned byte = trees->file->data[trees->at];
        value |= (uint32_t)(byte >> records->bit & 1) << i;
        if (++records->bit == 8) {
            records->bit = 0;
            trees->at++;
        }
    }
    return value;
}

struct check_node check_records_node(struct check_records *records,
                                     size_t n_inputs)
{
    struct check_node node = {.kind = CHECK_LEAF};
    const bool is_inner = read_bits(records, 1) != 0;
    node.refresh = read_bits(records, 1) != 0;
    if (is_inner) {
        node.kind =
            read_bits(records, 1) != 0 ? CHECK_NEURON_SPLIT : CHECK_INPUT_SPLIT;
    }
    if (node.kind == CHECK_INPUT_SPLIT) {
        unsigned n_bits = 0;
        while (n_bits < 32 && n_inputs > (size_t)1 << n_bits) {
            n_bits++;
        }
        node.input = read_bits(records, n_bits);
        if (node.input >= n_inputs) {
            check_cursor_fail(&records->trees, "split of no input");
        }
    }
    if (node.kind != CHECK_NEURON_SPLIT) {
        node.is_explicit = read_bits(records, 1) != 0;
    }
    return node;
}

uint64_t check_records_number(struct check_records *records)
{
    return read_varint(&records->data);
}

int64_t check_records_signed(struct check_records *records)
{
    const uint64_t code = read_varint(&records->data);
    const int64_t half = (int64_t)(code >> 1);
    return (code & 1) != 0 ? -1 - half : half;
}

long check_records_exponent(struct check_records *records)
{
    const int64_t exponent = check_records_signed(records);
    if (exponent > MOST_EXPONENT || exponent < -MOST_EXPONENT) {
        check_unsupported("%s: byte %zu: exponent beyond %d",
                          records->file.path, records->data.at, MOST_EXPONENT);
    }
    return (long)exponent;
}

long check_records_multiplier(mpz_t mantissa, struct check_records *records)
{
    const uint64_t value = check_records_number(records);
    if (value == 0) {
        check_cursor_fail(&records->data, "multiplier 0");
    }
    mpz_set_ui(mantissa, value);
    return check_records_exponent(records);
}
