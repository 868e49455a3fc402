/* Renewal in the checker: ends follow from facts that became narrower, no more
 * and no less, facts in networks with curves only, and never with pairs. */
#include "proofs/check/check_back.h"
#include "proofs/check/check_fail.h"
#include "tests/ref/ref_reading.h"
#include "tests/suite.h"

#include <math.h>

enum { BOX_BITS = 40, FACT_BITS = 36 };

/* y = 3 f(2 x) for x from -2 to 2: coordinates x, 2 x, f(2 x) and y. */
enum { INPUT, SOURCE, CURVE, OUTPUT, N_COORDINATES };

struct sample {
    char path[64];
    struct check_network *network;
    struct check_back *back;
    struct check_context context;
};

static void sample_open(struct sample *s, const char *f)
{
    static const int64_t dims[] = {1, 1};
    static const double two = 2.0;
    static const double three = 3.0;
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", 1, dims, 2);
    ref_model_output(&model, "y", 1, dims, 2);
    ref_model_floats(&model, "two", dims, 2, &two);
    ref_model_floats(&model, "three", dims, 2, &three);
    ref_model_node(&model, "MatMul", "x,two", "z");
    ref_model_node(&model, f, "z", "v");
    ref_model_node(&model, "MatMul", "v,three", "y");
    ref_model_write(s->path, &model);
    s->network = check_network_load(s->path);
    ck_assert_uint_eq(s->network->n_coordinates, N_COORDINATES);
    s->back = check_back_create(s->network, NULL);
    s->context =
        (struct check_context){.region = {.box_bits = BOX_BITS,
                                          .fact_bits = FACT_BITS,
                                          .slope_bits = 16,
                                          .lower_bits = 8,
                                          .n_inputs = 1,
                                          .n_coordinates = N_COORDINATES}};
    check_context_init(&s->context);
    s->context.region.ends[0] = -((int64_t)2 << BOX_BITS);
    s->context.region.ends[1] = (int64_t)2 << BOX_BITS;
    check_back_intervals(&s->context.region, s->network);
}

static void sample_close(struct sample *s)
{
    check_context_clear(&s->context);
    check_back_free(s->back);
    check_network_free(s->network);
    ref_file_remove(s->path);
}

/* Learns that 2 x is between -1 and 1/2. */
static void narrow_source(struct sample *s)
{
    ck_assert(check_context_narrow(&s->context, SOURCE,
                                   -((int64_t)1 << FACT_BITS),
                                   (int64_t)1 << (FACT_BITS - 1)));
}

/* The ends of v are outside of the given ones, by little. */
static void assert_ends(const struct sample *s, size_t v, double lower,
                        double upper)
{
    const double least =
        ldexp((double)s->context.region.ends[2 * v], -FACT_BITS);
    const double most =
        ldexp((double)s->context.region.ends[2 * v + 1], -FACT_BITS);
    ck_assert_double_le(least, lower);
    ck_assert_double_ge(most, upper);
    ck_assert_double_ge(least, lower - 1e-9);
    ck_assert_double_le(most, upper + 1e-9);
}

START_TEST(ends_follow_from_narrower_facts)
{
    struct sample s;
    size_t next = 1;
    sample_open(&s, "Exp");
    assert_ends(&s, OUTPUT, 3.0 * exp(-4.0), 3.0 * exp(4.0));
    narrow_source(&s);
    ck_assert(check_back_renew(&s.context, s.back, &next, 2));
    ck_assert_uint_eq(next, 2);
    assert_ends(&s, CURVE, exp(-1.0), exp(0.5));
    assert_ends(&s, OUTPUT, 3.0 * exp(-4.0), 3.0 * exp(4.0));
    ck_assert(check_back_renew(&s.context, s.back, &next, s.network->n_layers));
    assert_ends(&s, CURVE, exp(-1.0), exp(0.5));
    assert_ends(&s, OUTPUT, 3.0 * exp(-1.0), 3.0 * exp(0.5));
    check_context_undo(&s.context, 0);
    assert_ends(&s, OUTPUT, 3.0 * exp(-4.0), 3.0 * exp(4.0));
    sample_close(&s);
}
END_TEST

/* Renews all layers after the output is known to lie between two numbers. */
static bool renew_between(struct sample *s, int64_t low, int64_t high)
{
    size_t next = 1;
    sample_open(s, "Exp");
    narrow_source(s);
    ck_assert(check_context_narrow(&s->context, OUTPUT, low << FACT_BITS,
                                   high << FACT_BITS));
    return check_back_renew(&s->context, s->back, &next, s->network->n_layers);
}

START_TEST(ends_that_are_narrower_stay)
{
    struct sample s;
    ck_assert(renew_between(&s, 2, 3));
    assert_ends(&s, OUTPUT, 2.0, 3.0);
    sample_close(&s);
}
END_TEST

START_TEST(ends_that_cross_leave_nothing)
{
    struct sample s;
    ck_assert(!renew_between(&s, 5, 6));
    sample_close(&s);
}
END_TEST

START_TEST(facts_of_relus_stay)
{
    struct sample s;
    size_t next = 0;
    sample_open(&s, "Relu");
    ck_assert(check_context_narrow(&s.context, INPUT, 0, 1));
    ck_assert(check_back_renew(&s.context, s.back, &next, s.network->n_layers));
    assert_ends(&s, SOURCE, -4.0, 4.0);
    assert_ends(&s, OUTPUT, 0.0, 12.0);
    sample_close(&s);
}
END_TEST

START_TEST(values_behind_relus_follow_from_facts)
{
    struct sample s;
    size_t next = 0;
    sample_open(&s, "Relu");
    narrow_source(&s);
    ck_assert(check_back_renew(&s.context, s.back, &next, s.network->n_layers));
    assert_ends(&s, SOURCE, -1.0, 0.5);
    assert_ends(&s, CURVE, 0.0, 0.5);
    assert_ends(&s, OUTPUT, 0.0, 1.5);
    sample_close(&s);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_renew");
    tcase_add_test(cases, ends_follow_from_narrower_facts);
    tcase_add_test(cases, ends_that_are_narrower_stay);
    tcase_add_test(cases, ends_that_cross_leave_nothing);
    tcase_add_test(cases, facts_of_relus_stay);
    tcase_add_test(cases, values_behind_relus_follow_from_facts);
    return cases;
}
