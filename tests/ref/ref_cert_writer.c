/* Bits and varints as FORMAT.md lists them. */
#include "tests/ref/ref_cert_writer.h"

#include "proofs/check/check_sha.h"

#include <string.h>

struct ref_cert ref_cert_new(void)
{
    return (struct ref_cert){
        .box_bits = 40, .fact_bits = 36, .slope_bits = 12, .n_cases = 1};
}

void ref_cert_bits(struct ref_cert *cert, unsigned value, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (cert->n_bits % 8 == 0) {
            const unsigned char zero = 0;
            ref_bytes_append(&cert->trees, &zero, 1);
        }
        cert->trees.data[cert->n_bits / 8] |=
            (unsigned char)((value >> i & 1U) << (cert->n_bits % 8));
        cert->n_bits++;
    }
}

void ref_cert_leaf(struct ref_cert *cert, bool refresh, bool is_explicit)
{
    ref_cert_bits(cert, 0, 1);
    ref_cert_bits(cert, refresh ? 1 : 0, 1);
    ref_cert_bits(cert, is_explicit ? 1 : 0, 1);
}

static void write_input(struct ref_cert *cert, bool refresh, unsigned input,
                        unsigned n_inputs)
{
    unsigned n = 0;
    while ((1U << n) < n_inputs) {
        n++;
    }
    ref_cert_bits(cert, 1, 1);
    ref_cert_bits(cert, refresh ? 1 : 0, 1);
    ref_cert_bits(cert, 0, 1);
    ref_cert_bits(cert, input, n);
}

void ref_cert_input(struct ref_cert *cert, bool refresh, unsigned input,
                    unsigned n_inputs)
{
    write_input(cert, refresh, input, n_inputs);
    ref_cert_bits(cert, 0, 1);
}

void ref_cert_input_at(struct ref_cert *cert, bool refresh, unsigned input,
                       unsigned n_inputs, int64_t mantissa, int64_t exponent)
{
    write_input(cert, refresh, input, n_inputs);
    ref_cert_bits(cert, 1, 1);
    ref_cert_signed(cert, mantissa);
    ref_cert_signed(cert, exponent);
}

void ref_cert_neuron(struct ref_cert *cert, bool refresh, uint64_t relu,
                     uint64_t element)
{
    ref_cert_bits(cert, 1, 1);
    ref_cert_bits(cert, refresh ? 1 : 0, 1);
    ref_cert_bits(cert, 1, 1);
    ref_cert_number(cert, relu);
    ref_cert_number(cert, element);
}

void ref_cert_number(struct ref_cert *cert, uint64_t value)
{
    ref_bytes_varint(&cert->data, value);
}

void ref_cert_signed(struct ref_cert *cert, int64_t value)
{
    const uint64_t twice = (uint64_t)value << 1;
    ref_cert_number(cert, value < 0 ? ~twice : twice);
}

void ref_cert_multiplier(struct ref_cert *cert, uint64_t index,
                         uint64_t mantissa, int64_t exponent)
{
    ref_cert_number(cert, index);
    ref_cert_number(cert, mantissa);
    ref_cert_signed(cert, exponent);
}

static void append_section(struct ref_bytes *bytes, struct ref_bytes *section)
{
    ref_bytes_varint(bytes, section->n);
    if (section->n > 0) {
        ref_bytes_append(bytes, section->data, section->n);
    }
    ref_bytes_clear(section);
}

void ref_cert_repair(struct ref_bytes *bytes)
{
    if (bytes->n >= 32) {
        check_sha256(bytes->data + bytes->n - 32, bytes->data, bytes->n - 32);
    }
}

struct ref_bytes ref_cert_finish(struct ref_cert *cert)
{
    const unsigned char head[] = {'A',
                                  'S',
                                  'T',
                                  'C',
                                  1,
                                  0,
                                  (unsigned char)cert->box_bits,
                                  (unsigned char)cert->fact_bits,
                                  (unsigned char)cert->slope_bits};
    const unsigned char zeros[32] = {0};
    struct ref_bytes bytes = {0};
    ref_bytes_append(&bytes, head, sizeof head);
    ref_bytes_append(&bytes, cert->hashes, sizeof cert->hashes);
    ref_bytes_varint(&bytes, cert->n_cases);
    append_section(&bytes, &cert->trees);
    append_section(&bytes, &cert->data);
    ref_bytes_append(&bytes, zeros, sizeof zeros);
    ref_cert_repair(&bytes);
    *cert = (struct ref_cert){0};
    return bytes;
}
