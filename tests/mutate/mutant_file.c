/* Changes of bytes. */
#include "tests/mutate/mutant.h"

#include <ctype.h>
#include <string.h>

enum { HASHES = 6, GRIDS = HASHES + 3 * 32, LENGTH = GRIDS + 4, END = 32 };

static size_t draw(struct rng *rng, size_t n)
{
    return (size_t)rng_below(rng, n);
}

bool fault_flip_bit(struct mutant *mutant, struct rng *rng)
{
    struct ref_bytes *bytes = &mutant->certificate;
    if (bytes->n == 0) {
        return false; /* cut before */
    }
    bytes->data[draw(rng, bytes->n)] ^= (unsigned char)(1U << draw(rng, 8));
    return true;
}

bool fault_set_byte(struct mutant *mutant, struct rng *rng)
{
    static const unsigned char extremes[] = {0, 1, 127, 128, 255};
    struct ref_bytes *bytes = &mutant->certificate;
    if (bytes->n == 0) {
        return false; /* cut before */
    }
    bytes->data[draw(rng, bytes->n)] =
        draw(rng, 2) == 0 ? extremes[draw(rng, sizeof extremes)]
                          : (unsigned char)draw(rng, 256);
    return true;
}

bool fault_cut(struct mutant *mutant, struct rng *rng)
{
    if (mutant->certificate.n == 0) {
        return false; /* cut before */
    }
    mutant->certificate.n = draw(rng, mutant->certificate.n);
    return true;
}

/* Where STREAM begins; 0 if there is none. */
static size_t find_stream(const struct ref_bytes *bytes)
{
    size_t at = LENGTH;
    if (bytes->n < LENGTH + END + 4 || bytes->data[HASHES - 1] != 0) {
        return 0;
    }
    while (at + END < bytes->n && bytes->data[at] >= 128) {
        at++;
    }
    return at + 1 + END < bytes->n ? at + 1 : 0;
}

/* The file again with stream[n]. */
static void set_stream(struct ref_bytes *bytes, const unsigned char *stream,
                       size_t n)
{
    const unsigned char end[END] = {0};
    struct ref_bytes made = {0};
    ref_bytes_append(&made, bytes->data, LENGTH);
    ref_bytes_varint(&made, n);
    ref_bytes_append(&made, stream, n);
    ref_bytes_append(&made, end, END);
    ref_bytes_clear(bytes);
    *bytes = made;
}

bool fault_stream_bit(struct mutant *mutant, struct rng *rng)
{
    struct ref_bytes *bytes = &mutant->certificate;
    const size_t at = find_stream(bytes);
    if (at == 0) {
        return false;
    }
    const size_t n = bytes->n - END - at;
    for (size_t i = 0; i <= draw(rng, 3); i++) {
        bytes->data[at + draw(rng, n)] ^= (unsigned char)(1U << draw(rng, 8));
    }
    return true;
}

bool fault_stream_drop(struct mutant *mutant, struct rng *rng)
{
    struct ref_bytes *bytes = &mutant->certificate;
    const size_t at = find_stream(bytes);
    if (at == 0) {
        return false;
    }
    const size_t n = bytes->n - END - at;
    const size_t from =
        draw(rng, 2) == 0 ? n - 1 - draw(rng, n < 6 ? n : 6) : draw(rng, n);
    const size_t n_dropped =
        draw(rng, 2) == 0 ? n - from : 1 + draw(rng, n - from);
    memmove(bytes->data + at + from, bytes->data + at + from + n_dropped,
            n - from - n_dropped);
    struct ref_bytes stream = {0};
    ref_bytes_append(&stream, bytes->data + at, n);
    set_stream(bytes, stream.data, n - n_dropped);
    ref_bytes_clear(&stream);
    return true;
}

bool fault_stream_insert(struct mutant *mutant, struct rng *rng)
{
    struct ref_bytes *bytes = &mutant->certificate;
    const size_t at = find_stream(bytes);
    if (at == 0) {
        return false;
    }
    const size_t n = bytes->n - END - at;
    const size_t from = draw(rng, 2) == 0 ? n : draw(rng, n);
    struct ref_bytes stream = {0};
    ref_bytes_append(&stream, bytes->data + at, from);
    for (size_t i = 0; i <= draw(rng, 4); i++) {
        const unsigned char byte =
            draw(rng, 2) == 0 ? 0 : (unsigned char)draw(rng, 256);
        ref_bytes_append(&stream, &byte, 1);
    }
    ref_bytes_append(&stream, bytes->data + at + from, n - from);
    set_stream(bytes, stream.data, stream.n);
    ref_bytes_clear(&stream);
    return true;
}

bool fault_stream_swap(struct mutant *mutant, struct rng *rng)
{
    struct ref_bytes *bytes = &mutant->certificate;
    const size_t at = find_stream(bytes);
    if (at == 0) {
        return false;
    }
    const size_t n = bytes->n - END - at;
    unsigned char *a = &bytes->data[at + draw(rng, n)];
    unsigned char *b = &bytes->data[at + draw(rng, n)];
    const unsigned char kept = *a;
    *a = *b;
    *b = kept;
    return true;
}

bool fault_grids(struct mutant *mutant, struct rng *rng)
{
    static const size_t most[] = {62, 62, 18, 10};
    if (mutant->certificate.n < LENGTH) {
        return false;
    }
    const size_t which = draw(rng, 4);
    mutant->certificate.data[GRIDS + which] =
        (unsigned char)draw(rng, most[which]);
    return true;
}

bool fault_hash(struct mutant *mutant, struct rng *rng)
{
    if (mutant->certificate.n < LENGTH) {
        return false;
    }
    mutant->certificate.data[HASHES + draw(rng, 3 * (size_t)32)] ^=
        (unsigned char)(1U << draw(rng, 8));
    return true;
}

/* A float32 of some raw_data (field 9 of a TensorProto) of the network. */
static unsigned char *find_weight(struct ref_bytes *network, struct rng *rng)
{
    for (unsigned tries = 0; tries < 64; tries++) {
        const size_t start = draw(rng, network->n);
        for (size_t i = start; i + 3 < network->n; i++) {
            const unsigned char *field = network->data + i;
            size_t n = field[1];
            size_t at = i + 2;
            if (field[0] != 0x4a) {
                continue;
            }
            if (n >= 128) {
                n = (n & 127U) | (size_t)field[2] << 7;
                at++;
            }
            if (n > 0 && n % 4 == 0 && n < (1U << 14) && at + n <= network->n) {
                return network->data + at + 4 * draw(rng, n / 4);
            }
        }
    }
    return NULL;
}

bool fault_weight(struct mutant *mutant, struct rng *rng)
{
    unsigned char *weight = find_weight(&mutant->network, rng);
    if (weight == NULL) {
        return false;
    }
    /* The next float up or down in size: carry over the bytes. */
    const bool is_up = draw(rng, 2) == 0;
    for (size_t i = 0; i < 4; i++) {
        weight[i] = (unsigned char)(weight[i] + (is_up ? 1U : 255U));
        if (weight[i] != (is_up ? 0 : 255)) {
            break;
        }
    }
    return true;
}

bool fault_network_byte(struct mutant *mutant, struct rng *rng)
{
    mutant->network.data[draw(rng, mutant->network.n)] ^=
        (unsigned char)(1U << draw(rng, 8));
    return true;
}

/* A random place of the property where `is_there`; its length if nowhere. */
static size_t find_text(const struct ref_bytes *property, struct rng *rng,
                        bool (*is_there)(const char *text))
{
    const char *text = (const char *)property->data;
    const size_t start = draw(rng, property->n);
    for (size_t i = 0; i < property->n; i++) {
        const size_t at = (start + i) % property->n;
        if (is_there(text + at)) {
            return at;
        }
    }
    return property->n;
}

static bool is_digit(const char *text)
{
    return isdigit((unsigned char)*text) != 0;
}

static bool is_comparison(const char *text)
{
    return strncmp(text, "(<=", 3) == 0 || strncmp(text, "(>=", 3) == 0;
}

static bool is_assertion(const char *text)
{
    return strncmp(text, "(assert", 7) == 0;
}

bool fault_digit(struct mutant *mutant, struct rng *rng)
{
    const size_t at = find_text(&mutant->property, rng, is_digit);
    if (at == mutant->property.n) {
        return false;
    }
    unsigned char *digit = &mutant->property.data[at];
    *digit =
        (unsigned char)('0' + ((size_t)*digit - '0' + 1 + draw(rng, 9)) % 10);
    return true;
}

bool fault_comparison(struct mutant *mutant, struct rng *rng)
{
    const size_t at = find_text(&mutant->property, rng, is_comparison);
    if (at == mutant->property.n) {
        return false;
    }
    unsigned char *text = mutant->property.data + at;
    if (draw(rng, 2) == 0) {
        text[1] = text[1] == '<' ? '>' : '<';
    } else {
        text[2] = ' '; /* strict */
    }
    return true;
}

bool fault_assertion(struct mutant *mutant, struct rng *rng)
{
    const size_t at = find_text(&mutant->property, rng, is_assertion);
    if (at == mutant->property.n) {
        return false;
    }
    int depth = 0;
    for (size_t i = at; i < mutant->property.n; i++) {
        const unsigned char byte = mutant->property.data[i];
        depth += byte == '(' ? 1 : 0;
        depth -= byte == ')' ? 1 : 0;
        mutant->property.data[i] = ' ';
        if (depth == 0) {
            break;
        }
    }
    return true;
}
