/* Which cases are formulas: the exact ones, and nothing beside them. */
#include "solver/cnf.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_formula.h"
#include "tests/ref/ref_query.h"
#include "tests/suite.h"

#include <math.h>

/* A clause of every length up to four, one of them a lone negation, which
 * looks like max(x_1, 0). */
static void make(struct formula *formula, struct ref_gadget *gadget)
{
    *formula = (struct formula){.n_variables = 4};
    ref_formula_add(formula, (const int[]){1, 0});
    ref_formula_add(formula, (const int[]){-2, 0});
    ref_formula_add(formula, (const int[]){3, -4, 0});
    ref_formula_add(formula, (const int[]){-1, 2, -3, 0});
    ref_formula_add(formula, (const int[]){-1, -2, -3, -4, 0});
    ref_gadget_init(gadget, formula);
}

static bool is_read(struct query *query)
{
    struct cnf cnf = {0};
    const bool is_so = cnf_read(&cnf, query, 0);
    cnf_clear(&cnf);
    query_destroy(query);
    return is_so;
}

static bool has_literal(const uint32_t *literals, size_t n, uint32_t literal)
{
    for (size_t i = 0; i < n; i++) {
        if (literals[i] == literal) {
            return true;
        }
    }
    return false;
}

START_TEST(the_formula_is_read_back)
{
    struct formula formula;
    struct ref_gadget gadget;
    struct cnf cnf = {0};
    make(&formula, &gadget);
    struct query *query = ref_gadget_query(&gadget);
    ck_assert(cnf_read(&cnf, query, 0));
    ck_assert_uint_eq(cnf.formula.n_variables, 4);
    ck_assert_uint_eq(cnf.formula.end.n, formula.end.n);
    ck_assert_uint_eq(cnf.n_atoms, 2);
    for (size_t c = 0; c < formula.end.n; c++) {
        size_t n = 0;
        size_t n_read = 0;
        const uint32_t *expected = formula_clause(&n, &formula, c);
        bool is_known = false;
        for (size_t d = 0; d < cnf.formula.end.n; d++) {
            const uint32_t *read = formula_clause(&n_read, &cnf.formula, d);
            bool is_same = n == n_read;
            for (size_t i = 0; is_same && i < n; i++) {
                is_same = has_literal(read, n, expected[i]);
            }
            is_known = is_known || is_same;
        }
        ck_assert(is_known);
    }
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(cnf.step[i], 5 + 4 + i);
    }
    cnf_clear(&cnf);
    query_destroy(query);
    ref_gadget_clear(&gadget);
    formula_clear(&formula);
}
END_TEST

/* Refused with another number in place of *number. */
static void refuse(const struct ref_gadget *gadget, double *number,
                   double other, const char *what, size_t place)
{
    const double kept = *number;
    *number = other;
    ck_assert_msg(!is_read(ref_gadget_query(gadget)), "%s %zu: %a for %a", what,
                  place, other, kept);
    *number = kept;
}

/* Each number one bit up or down, with the other sign, or made two. */
static void refuse_all(const struct ref_gadget *gadget, double *numbers,
                       size_t n, const char *what)
{
    for (size_t k = 0; k < n; k++) {
        double *number = &numbers[k];
        refuse(gadget, number, nextafter(*number, 9.0), what, k);
        refuse(gadget, number, nextafter(*number, -9.0), what, k);
        refuse(gadget, number, (double)NAN, what, k);
        refuse(gadget, number, HUGE_VAL, what, k);
        refuse(gadget, number, 3.0, what, k);
        if (fabs(*number) > 0.5) {
            refuse(gadget, number, -*number, what, k);
        }
    }
}

START_TEST(one_bit_or_sign_elsewhere_is_refused)
{
    struct formula formula;
    struct ref_gadget gadget;
    make(&formula, &gadget);
    ck_assert(is_read(ref_gadget_query(&gadget)));
    refuse_all(&gadget, gadget.first, gadget.n_units * gadget.n_inputs,
               "first");
    refuse_all(&gadget, gadget.first_bias, gadget.n_units, "first bias");
    refuse_all(&gadget, gadget.second, 2 * gadget.n_units, "second");
    for (size_t j = 0; j < 2; j++) {
        double *bias = &gadget.second_bias[j];
        refuse(&gadget, bias, nextafter(*bias, 9.0), "second bias", j);
        refuse(&gadget, bias, nextafter(*bias, -9.0), "second bias", j);
        refuse(&gadget, bias, j == 0 ? 2.0 : -1.0, "second bias", j);
    }
    refuse(&gadget, &gadget.second[gadget.n_units + 5], 0.0, "copy", 0);
    refuse(&gadget, &gadget.second[gadget.n_units + 9], 0.0, "step", 0);
    ref_gadget_clear(&gadget);
    formula_clear(&formula);
}
END_TEST

START_TEST(another_box_is_refused)
{
    static const double ends[][2] = {{-0x1p-1074, 1.0},    {0x1p-1074, 1.0},
                                     {0.0, 1.0 - 0x1p-53}, {0.0, 1.0 + 0x1p-52},
                                     {0.0, 2.0},           {1.0, 1.0}};
    struct formula formula;
    struct ref_gadget gadget;
    make(&formula, &gadget);
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        struct query *query = ref_gadget_query(&gadget);
        mpq_t lower;
        mpq_t upper;
        mpq_inits(lower, upper, (mpq_ptr)NULL);
        mpq_set_d(lower, ends[k][0]);
        mpq_set_d(upper, ends[k][1]);
        ref_query_set_box(query, 2, lower, upper);
        mpq_clears(lower, upper, (mpq_ptr)NULL);
        ck_assert_msg(!is_read(query), "box %zu", k);
    }
    ref_gadget_clear(&gadget);
    formula_clear(&formula);
}
END_TEST

/* The gadget with the atom -y0 + y1 <= rhs alone. */
static bool is_read_with(const struct ref_gadget *gadget, double rhs)
{
    const double atom[] = {0.0, 0.0, 0.0, 0.0, -1.0, 1.0};
    struct query *query = ref_query_create(ref_gadget_layers(gadget),
                                           (double[]){0.0, 0.0, 0.0, 0.0},
                                           (double[]){1.0, 1.0, 1.0, 1.0});
    ref_query_add_disjunct(query);
    ref_query_add_le(query, atom, rhs);
    return is_read(query);
}

START_TEST(atoms_count_by_their_sum)
{
    struct formula formula;
    struct ref_gadget gadget;
    make(&formula, &gadget);
    ck_assert(is_read_with(&gadget, -1.0));
    ck_assert(is_read_with(&gadget, -1.0 - 0x1p-52));
    ck_assert(!is_read_with(&gadget, -1.0 + 0x1p-53));
    ck_assert(!is_read_with(&gadget, 0.0));
    struct query *query = ref_gadget_query(&gadget);
    ref_query_add_le(query, (double[]){0.0, 0.0, 0.0, 0.0, 1.0, 0.0}, 2.0);
    ck_assert(!is_read(query));
    query = ref_gadget_query(&gadget);
    ref_query_add_disjunct(query);
    ck_assert(!is_read(query));
    ref_gadget_clear(&gadget);
    formula_clear(&formula);
}
END_TEST

/* y = 1 - max(1 - x, 0) ... with x itself in place of max(x, 0): one input,
 * the clauses x and not x. */
START_TEST(inputs_may_skip_the_relu)
{
    for (int is_whole = 0; is_whole < 2; is_whole++) {
        struct layers *layers = ref_build_begin(1);
        size_t last = ref_build_affine(layers, 0, 3, (double[]){-1.0, 1.0, 2.0},
                                       (double[]){1.0, 0.0, -1.0});
        last = ref_build_relu(layers, last);
        (void)ref_build_affine(layers, last, 1, (double[]){1.0, 1.0, -1.0},
                               NULL);
        const double weight = is_whole == 1 ? 1.0 : 0.5;
        ref_build_term(layers, 0, &weight);
        struct query *query =
            ref_query_create(layers, &(double){0.0}, &(double){1.0});
        ref_query_add_disjunct(query);
        ref_query_add_le(query, (double[]){0.0, 1.0}, 0.0);
        struct cnf cnf = {0};
        ck_assert_int_eq(cnf_read(&cnf, query, 0), is_whole);
        ck_assert(is_whole == 0 || cnf.formula.end.n == 2);
        cnf_clear(&cnf);
        query_destroy(query);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cnf");
    tcase_add_test(cases, the_formula_is_read_back);
    tcase_add_test(cases, one_bit_or_sign_elsewhere_is_refused);
    tcase_add_test(cases, another_box_is_refused);
    tcase_add_test(cases, atoms_count_by_their_sum);
    tcase_add_test(cases, inputs_may_skip_the_relu);
    return cases;
}
