/* The adaptive range coder of certificates, decoding only, as FORMAT.md
 * states it. */
#ifndef ASTROLABE_TESTS_REF_REF_CODER_H
#define ASTROLABE_TESTS_REF_REF_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A context of one bit: p / 2^16 is the chance of a 0, n counts to 4. */
struct ref_bit {
    uint32_t p;
    uint32_t n;
};

/* The contexts of a number. */
struct ref_number {
    struct ref_bit length[64];
    struct ref_bit tree[256];
};

/* A stream of n bytes; `at` counts those read, the zeros behind the end too.
 * Once is_malformed is set every bit and number is 0. */
struct ref_coder {
    const unsigned char *bytes;
    size_t n;
    size_t at;
    uint32_t range;
    uint32_t code;
    bool is_malformed;
};

/* n contexts as at the start of a stream. */
void ref_bits_init(struct ref_bit *bits, size_t n);

void ref_coder_open(struct ref_coder *coder, const unsigned char *bytes,
                    size_t n);
unsigned ref_coder_bit(struct ref_coder *coder, struct ref_bit *bit);
uint64_t ref_coder_number(struct ref_coder *coder, struct ref_number *number);
int64_t ref_coder_signed(struct ref_coder *coder, struct ref_number *number);

/* True if the stream was well-formed and every byte has been read. */
bool ref_coder_is_done(const struct ref_coder *coder);

#endif
