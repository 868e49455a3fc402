/* Witnesses of a network of one neuron, exactly and in float32. */
#include "src/base/alloc.h"
#include "tests/ref/ref_certificate.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <math.h>

/* Y = max(x, 0) * 0.1f. */
static void open_line(struct ref_subject *subject, const char *assertions)
{
    const size_t widths[] = {1, 1, 1};
    const double first[] = {1.0};
    const double second[] = {(double)0.1F};
    const double bias[] = {0.0};
    const double *weights[] = {first, second};
    const double *biases[] = {bias, bias};
    struct ref_bytes model = ref_subject_chain(2, widths, weights, biases);
    ref_subject_open(subject, &model, assertions);
}

static void expect_within(const char *box, double x, const char *atom,
                          int status, const char *line)
{
    char text[512];
    char found[REF_SUBJECT_LINE];
    struct ref_subject subject;
    (void)snprintf(text, sizeof text,
                   "(declare-const X_0 Real)(declare-const Y_0 Real)"
                   "(assert (and %s))(assert %s)\n",
                   box, atom);
    open_line(&subject, text);
    struct ref_cert cert = ref_subject_cert(&subject);
    cert.cert.verdict = CERT_SAT;
    NEW_ARRAY(cert.cert.witness, 1);
    cert.cert.witness[0] = x;
    cert.pending.n = 0;
    struct ref_bytes bytes = ref_cert_finish(&cert);
    ck_assert_int_eq(ref_subject_run(&subject, &bytes, CHECK_FAST, 1, found),
                     status);
    ck_assert_str_eq(found, line);
    ck_assert_int_eq(ref_certificate_judge(bytes.data, bytes.n, subject.network,
                                           subject.query) == REF_ACCEPTED,
                     status == 0);
    ref_bytes_clear(&bytes);
    ref_subject_close(&subject);
}

static void expect(double x, const char *atom, int status, const char *line)
{
    expect_within("(>= X_0 -1) (<= X_0 1)", x, atom, status, line);
}

START_TEST(inputs_near_a_box_are_projected)
{
    static const char pin[] = "(>= X_0 0.3) (<= X_0 0.3)";
    static const char line[] = "sat real; float32: input not representable";
    /* 0.1f * 0.3 is 0.03 + 0.3 * (0.1f - 0.1), 0.1f - 0.1 about 1.5e-9; both
     * 0.3f and the double 0.3 - 2^-11 move. */
    expect_within(pin, (double)0.3F, "(>= Y_0 0.03000000044)", 0, line);
    expect_within(pin, (double)0.3F, "(>= Y_0 0.03000000045)", 1, "rejected");
    expect_within(pin, (double)0.3F, "(<= Y_0 0.03000000045)", 0, line);
    expect_within(pin, (double)0.3F, "(<= Y_0 0.03000000044)", 1, "rejected");
    expect_within(pin, 0.3 - 0x1p-11, "(>= Y_0 0.03000000044)", 0, line);
    expect_within(pin, 0.3 + 0x1p-11, "(>= Y_0 0.03000000044)", 0, line);
    expect_within(pin, 0.3 - 0x1p-9, "(>= Y_0 0)", 1, "rejected");
    expect_within(pin, 0.3 + 0x1p-9, "(>= Y_0 0)", 1, "rejected");
    expect_within("(>= X_0 0.25) (<= X_0 0.25)", 0.25 + 0x1p-10, "(>= Y_0 0)",
                  0, line);
    expect_within("(> X_0 0.3) (<= X_0 0.4)", 0.2999999, "(>= Y_0 0)", 1,
                  "rejected");
    expect_within("(>= X_0 0.3) (< X_0 0.4)", 0.4000001, "(>= Y_0 0)", 1,
                  "rejected");
    expect_within("(>= X_0 0.3) (< X_0 0.4)", 0.2999999, "(>= Y_0 0)", 0, line);
}
END_TEST

START_TEST(unsafe_inputs_are_accepted)
{
    expect(1.0, "(>= Y_0 0.05)", 0, "sat real; float32: every order");
    expect(0.1, "(>= Y_0 0.005)", 0,
           "sat real; float32: input not representable");
    /* The exact value is the weight itself: 0.1f > 0.1. */
    expect(1.0, "(> Y_0 0.1)", 0, "sat real; float32: undetermined");
}
END_TEST

START_TEST(other_inputs_are_rejected)
{
    expect(-1.0, "(>= Y_0 0.05)", 1, "rejected");
    expect(2.0, "(>= Y_0 0.05)", 1, "rejected");
    expect(0.0, "(> Y_0 0)", 1, "rejected");
    expect(HUGE_VAL, "(>= Y_0 0.05)", 3, "");
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_witness");
    tcase_add_test(cases, unsafe_inputs_are_accepted);
    tcase_add_test(cases, inputs_near_a_box_are_projected);
    tcase_add_test(cases, other_inputs_are_rejected);
    return cases;
}
