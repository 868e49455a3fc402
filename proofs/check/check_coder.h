/* An adaptive binary range decoder: FORMAT.md, "Stream".
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_CODER_H
#define ASTROLABE_PROOFS_CHECK_CHECK_CODER_H

#include "proofs/check/check_bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* The context (p, n) of a bit, with flipped = p xor 2^15: a new one is zero. */
struct check_bit {
    uint16_t flipped;
    uint16_t n;
};

/* The contexts of a number: of its length, and of the bits below its first. */
struct check_number {
    struct check_bit length[64];
    struct check_bit tree[256];
};

/* Where the decoder is; n_past bytes were read behind the stream's end. */
struct check_coder {
    struct check_cursor stream;
    unsigned n_past;
    uint32_t range;
    uint32_t code;
};

/* All end in check_unreadable if the stream is cut, the last one if it is not
 * at its end. Numbers are at most 2^63 - 2; signed ones have their zigzag
 * code. */
struct check_coder check_coder_open(struct check_cursor stream);
bool check_coder_bit(struct check_coder *coder, struct check_bit *context);
uint64_t check_coder_number(struct check_coder *coder,
                            struct check_number *context);
int64_t check_coder_signed(struct check_coder *coder,
                           struct check_number *context);
void check_coder_finish(const struct check_coder *coder);

#endif
