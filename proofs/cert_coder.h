/* Bits and numbers <-> bytes, by an adaptive binary range coder. */
#ifndef ASTROLABE_PROOFS_CERT_CODER_H
#define ASTROLABE_PROOFS_CERT_CODER_H

#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Contexts are told apart by group and by number in the group. */
enum cert_group {
#define GROUP(id, name, n_bits, n_numbers) CERT_GROUP_##id,
#include "proofs/cert_group.def"
#undef GROUP
    CERT_N_GROUPS
};

const char *cert_group_name(enum cert_group group);

/* A bit is 0 with probability p / 2^16; n bits were coded, counted up to 4. */
struct cert_context {
    uint16_t p;
    uint8_t n;
};

/*
 * The bytes so far are the number low in base 2^8 with the point before the
 * first byte; the next four digits are in `low`, and what follows may add less
 * than `range` units of the last of them.
 *   contexts  of all groups; owned
 *   is_counted  cost is counted; false after cert_encoder_init, as it takes
 *               longer than the rest
 *   cost      [CERT_N_GROUPS] information in bits, by group
 */
struct cert_encoder {
    struct cert_context *contexts;
    VEC(unsigned char) bytes;
    uint32_t low;
    uint32_t range;
    bool is_counted;
    double cost[CERT_N_GROUPS];
};

void cert_encoder_init(struct cert_encoder *encoder);
void cert_encoder_clear(struct cert_encoder *encoder);

/* Appends a bit, a number of at most 2^63 - 2, a number of less than 2^62 in
 * size, in context number `context` of the group. */
void cert_encode_bit(struct cert_encoder *encoder, bool bit,
                     enum cert_group group, size_t context);
void cert_encode_number(struct cert_encoder *encoder, uint64_t number,
                        enum cert_group group, size_t context);
void cert_encode_signed(struct cert_encoder *encoder, int64_t number,
                        enum cert_group group, size_t context);

/* Puts the last bytes; nothing may follow. */
void cert_encoder_finish(struct cert_encoder *encoder);

/*
 * The remaining bytes, as a number in units of its fourth digit, are less than
 * `range`, and `code` is that number rounded down.
 *   bytes         [n_bytes], the next is bytes[at]; behind them are zeros
 *   n_missing     how many of these zeros were read
 *   is_malformed  more than four were, or a number was too long; everything
 *                 from there on is meaningless
 */
struct cert_decoder {
    struct cert_context *contexts;
    const unsigned char *bytes;
    size_t n_bytes;
    size_t at;
    size_t n_missing;
    uint32_t code;
    uint32_t range;
    bool is_malformed;
};

/* bytes stay the caller's and must outlive the decoder. */
void cert_decoder_init(struct cert_decoder *decoder, const unsigned char *bytes,
                       size_t n_bytes);
void cert_decoder_clear(struct cert_decoder *decoder);

bool cert_decode_bit(struct cert_decoder *decoder, enum cert_group group,
                     size_t context);
uint64_t cert_decode_number(struct cert_decoder *decoder, enum cert_group group,
                            size_t context);
int64_t cert_decode_signed(struct cert_decoder *decoder, enum cert_group group,
                           size_t context);

/* True if nothing was malformed and no byte is left. */
bool cert_decoder_is_finished(const struct cert_decoder *decoder);

#endif
