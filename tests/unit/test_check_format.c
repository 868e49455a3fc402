/* The example of FORMAT.md, byte by byte. */
#include "tests/ref/ref_certificate.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

enum { STREAM_AT = 6 + 96 + 4 + 1 };

static void open_example(struct ref_subject *subject)
{
    const int64_t shape[] = {1, 1};
    const double half = -0.5;
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, shape, 2);
    ref_model_floats(&model, "h", shape, 2, &half);
    ref_model_node(&model, "Relu", "X", "v");
    ref_model_node(&model, "Mul", "X,h", "s");
    ref_model_node(&model, "Add", "v,s", "Y");
    ref_model_output(&model, "Y", 1, shape, 2);
    struct ref_bytes file = ref_model_finish(&model);
    ref_subject_open(subject, &file,
                     "(declare-const X_0 Real)(declare-const Y_0 Real)"
                     "(assert (>= X_0 -1))(assert (<= X_0 1))"
                     "(assert (<= Y_0 -0.25))\n");
}

/* What the text says, by the writer of certificates. */
static struct ref_bytes write_example(const struct ref_subject *subject)
{
    struct ref_cert cert = ref_subject_cert(subject);
    cert.cert.slope_bits = 16;
    ref_cert_neuron(&cert, 0, 0, 0);
    ref_cert_leaf(&cert, 0);
    ref_cert_closing(&cert, 0, false);
    ref_cert_atom(&cert, 0, 1, 0);
    ref_cert_literal(&cert, 0, 1, -1);
    ref_cert_input(&cert, 0, 0);
    ref_cert_leaf(&cert, 0);
    ref_cert_closing(&cert, 0, false);
    ref_cert_atom(&cert, 0, 1, 0);
    ref_cert_literal(&cert, 0, 1, -1);
    ref_cert_leaf(&cert, 1);
    return ref_cert_finish(&cert);
}

START_TEST(the_example_of_the_format_is_accepted)
{
    static const unsigned char grids[] = {0x28, 0x24, 0x10, 0x08};
    static const unsigned char stream[] = {0x8c, 0xcf, 0x89, 0x42,
                                           0x03, 0x3a, 0x35};
    const size_t n = STREAM_AT + sizeof stream + 32;
    struct ref_subject subject;
    struct ref_bytes bytes = {0};
    const unsigned char length = (unsigned char)sizeof stream;
    const unsigned char end[32] = {0};
    open_example(&subject);
    struct ref_bytes written = write_example(&subject);
    ck_assert_uint_eq(written.n, n);
    ref_bytes_append(&bytes, "ASTC\2", 6);
    ref_bytes_append(&bytes, written.data + 6, 96); /* the hashes */
    ref_bytes_append(&bytes, grids, sizeof grids);
    ref_bytes_append(&bytes, &length, 1);
    ref_bytes_append(&bytes, stream, sizeof stream);
    ref_bytes_append(&bytes, end, sizeof end);
    ref_cert_repair(&bytes);
    ck_assert_mem_eq(bytes.data, written.data, n);
    ck_assert_int_eq(ref_subject_check(&subject, &bytes, CHECK_FAST), 0);
    ck_assert_int_eq(ref_subject_check(&subject, &bytes, CHECK_EXACT), 0);
    ck_assert_int_eq(ref_certificate_judge(bytes.data, bytes.n, subject.network,
                                           subject.query),
                     REF_ACCEPTED);
    ref_bytes_clear(&written);
    ref_bytes_clear(&bytes);
    ref_subject_close(&subject);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_format");
    tcase_add_test(cases, the_example_of_the_format_is_accepted);
    return cases;
}
