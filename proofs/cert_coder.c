/* Contexts, and the two directions of the coder. */
#include "proofs/cert_coder.h"

#include "src/base/alloc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    N_LENGTHS = 64,   /* contexts of the length of a number */
    N_PREFIXES = 256, /* and of the bits below its highest one */
    N_CONTEXTS = N_LENGTHS + N_PREFIXES,
    MAX_LENGTH = 62,
    MAX_MISSING = 4,
    FASTEST = 1, /* shifts of the adaptation */
    SLOWEST = 5
};

/* Below this the range is widened by a byte. */
#define LEAST_RANGE ((uint32_t)1 << 24U)
#define CERTAIN     ((uint32_t)1 << 16U)

/* Where the contexts of each group are. */
struct layout {
#define GROUP(id, name, n_bits, n_numbers) \
    struct cert_context id[(n_bits) + N_CONTEXTS * (n_numbers)];
#include "proofs/cert_group.def"
#undef GROUP
};

static const struct {
    const char *name;
    size_t first;
    size_t n_contexts;
} groups[CERT_N_GROUPS] = {
#define GROUP(id, name, n_bits, n_numbers)                            \
    {name, offsetof(struct layout, id) / sizeof(struct cert_context), \
     (n_bits) + (size_t)N_CONTEXTS * (n_numbers)},
#include "proofs/cert_group.def"
#undef GROUP
};

const char *cert_group_name(enum cert_group group)
{
    return groups[group].name;
}

static struct cert_context *create_contexts(void)
{
    const size_t n = sizeof(struct layout) / sizeof(struct cert_context);
    struct cert_context *contexts = NULL;
    NEW_ARRAY(contexts, n);
    contexts[0].p = CERTAIN / 2;
    for (size_t n_set = 1; n_set < n;) {
        const size_t n_more = n_set < n - n_set ? n_set : n - n_set;
        memcpy(contexts + n_set, contexts, n_more * sizeof *contexts);
        n_set += n_more;
    }
    return contexts;
}

static void adapt(struct cert_context *context, bool bit)
{
    const unsigned shift = context->n + FASTEST;
    if (bit) {
        context->p = (uint16_t)(context->p - (context->p >> shift));
    } else {
        context->p = (uint16_t)(context->p + ((CERTAIN - context->p) >> shift));
    }
    if (shift < SLOWEST) {
        context->n++;
    }
}

void cert_encoder_init(struct cert_encoder *encoder)
{
    *encoder = (struct cert_encoder){.contexts = create_contexts(),
                                     .range = UINT32_MAX};
}

void cert_encoder_clear(struct cert_encoder *encoder)
{
    alloc_free(encoder->contexts);
    VEC_CLEAR(&encoder->bytes);
    *encoder = (struct cert_encoder){0};
}

/* Adds to the number that the bytes are. */
static void add_low(struct cert_encoder *encoder, uint32_t more)
{
    encoder->low += more;
    if (encoder->low < more) {
        size_t i = encoder->bytes.n;
        do {
            assert(i > 0);
            i--;
            encoder->bytes.data[i]++;
        } while (encoder->bytes.data[i] == 0);
    }
}

static void shift_low(struct cert_encoder *encoder)
{
    VEC_PUSH(&encoder->bytes, (unsigned char)(encoder->low >> 24U));
    encoder->low <<= 8U;
}

/* Keeps the lower `bound` units of the range for a 0, the rest for a 1. */
static void narrow(struct cert_encoder *encoder, bool bit, uint32_t bound)
{
    if (bit) {
        add_low(encoder, bound);
        encoder->range -= bound;
    } else {
        encoder->range = bound;
    }
    while (encoder->range < LEAST_RANGE) {
        shift_low(encoder);
        encoder->range <<= 8U;
    }
}

/* Codes a bit in a context: what it costs, in bits, if that is counted. */
static double encode(struct cert_encoder *encoder, bool bit,
                     struct cert_context *context)
{
    const uint32_t p = context->p;
    narrow(encoder, bit, (encoder->range >> 16U) * p);
    adapt(context, bit);
    return !encoder->is_counted
               ? 0.0
               : -log2((double)(bit ? CERTAIN - p : p) / (double)CERTAIN);
}

void cert_encode_bit(struct cert_encoder *encoder, bool bit,
                     enum cert_group group, size_t context)
{
    struct cert_context *contexts = encoder->contexts + groups[group].first;
    assert(context < groups[group].n_contexts);
    encoder->cost[group] += encode(encoder, bit, &contexts[context]);
}

void cert_encode_number(struct cert_encoder *encoder, uint64_t number,
                        enum cert_group group, size_t context)
{
    struct cert_context *lengths =
        encoder->contexts + groups[group].first + (size_t)N_CONTEXTS * context;
    struct cert_context *prefixes = lengths + N_LENGTHS;
    const uint64_t w = number + 1;
    unsigned length = 0;
    double cost = 0.0;
    assert((context + 1) * N_CONTEXTS <= groups[group].n_contexts);
    assert(w > 0 && w >> MAX_LENGTH <= 1);
    while (w >> length > 1) {
        cost += encode(encoder, true, &lengths[length]);
        length++;
    }
    cost += encode(encoder, false, &lengths[length]);
    for (unsigned i = length; i > 0; i--) {
        const bool bit = (w >> (i - 1) & 1U) != 0;
        if (w >> i < N_PREFIXES) {
            cost += encode(encoder, bit, &prefixes[w >> i]);
        } else {
            narrow(encoder, bit, encoder->range >> 1U);
            cost += 1.0;
        }
    }
    encoder->cost[group] += cost;
}

void cert_encode_signed(struct cert_encoder *encoder, int64_t number,
                        enum cert_group group, size_t context)
{
    const uint64_t twice = (uint64_t)number << 1U;
    cert_encode_number(encoder, number < 0 ? ~twice : twice, group, context);
}

/* Of the numbers low .. low + range - 1 some has zeros for its last three
 * digits. A last byte of 0 is one that the decoder may miss. */
void cert_encoder_finish(struct cert_encoder *encoder)
{
    add_low(encoder, LEAST_RANGE - 1);
    shift_low(encoder);
    if (encoder->bytes.data[encoder->bytes.n - 1] == 0) {
        encoder->bytes.n--;
    }
}

static unsigned char next_byte(struct cert_decoder *decoder)
{
    if (decoder->at < decoder->n_bytes) {
        return decoder->bytes[decoder->at++];
    }
    decoder->n_missing++;
    if (decoder->n_missing > MAX_MISSING) {
        decoder->is_malformed = true;
    }
    return 0;
}

void cert_decoder_init(struct cert_decoder *decoder, const unsigned char *bytes,
                       size_t n_bytes)
{
    *decoder = (struct cert_decoder){.contexts = create_contexts(),
                                     .bytes = bytes,
                                     .n_bytes = n_bytes,
                                     .range = UINT32_MAX};
    for (int i = 0; i < 4; i++) {
        decoder->code = decoder->code << 8U | next_byte(decoder);
    }
}

void cert_decoder_clear(struct cert_decoder *decoder)
{
    alloc_free(decoder->contexts);
    *decoder = (struct cert_decoder){0};
}

static bool widen(struct cert_decoder *decoder, uint32_t bound)
{
    const bool bit = decoder->code >= bound;
    if (bit) {
        decoder->code -= bound;
        decoder->range -= bound;
    } else {
        decoder->range = bound;
    }
    while (decoder->range < LEAST_RANGE) {
        decoder->code = decoder->code << 8U | next_byte(decoder);
        decoder->range <<= 8U;
    }
    return bit;
}

static bool decode(struct cert_decoder *decoder, struct cert_context *context)
{
    const bool bit = widen(decoder, (decoder->range >> 16U) * context->p);
    adapt(context, bit);
    return bit;
}

bool cert_decode_bit(struct cert_decoder *decoder, enum cert_group group,
                     size_t context)
{
    assert(context < groups[group].n_contexts);
    return decode(decoder, decoder->contexts + groups[group].first + context);
}

uint64_t cert_decode_number(struct cert_decoder *decoder, enum cert_group group,
                            size_t context)
{
    struct cert_context *lengths =
        decoder->contexts + groups[group].first + (size_t)N_CONTEXTS * context;
    struct cert_context *prefixes = lengths + N_LENGTHS;
    uint64_t w = 1;
    unsigned length = 0;
    assert((context + 1) * N_CONTEXTS <= groups[group].n_contexts);
    while (decode(decoder, &lengths[length])) {
        length++;
        if (length > MAX_LENGTH) {
            decoder->is_malformed = true;
            return 0;
        }
    }
    for (unsigned i = 0; i < length; i++) {
        const bool bit = w < N_PREFIXES ? decode(decoder, &prefixes[w])
                                        : widen(decoder, decoder->range >> 1U);
        w = w << 1U | (bit ? 1U : 0U);
    }
    return w - 1;
}

int64_t cert_decode_signed(struct cert_decoder *decoder, enum cert_group group,
                           size_t context)
{
    const uint64_t number = cert_decode_number(decoder, group, context);
    const int64_t half = (int64_t)(number >> 1U);
    return number % 2 == 0 ? half : -half - 1;
}

bool cert_decoder_is_finished(const struct cert_decoder *decoder)
{
    return !decoder->is_malformed && decoder->at == decoder->n_bytes;
}
