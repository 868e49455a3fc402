/* Every kernel set stays within the rounding error that callers charge. */
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/num/cpu.h"
#include "src/num/dense.h"
#include "src/num/interval.h"
#include "src/num/rational.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

enum { ROWS_MAX = 9, WIDTH_MAX = 70, SAMPLES = 24 };

/* By the vectors they need. */
static const struct dense_kernels *const SETS[] = {
    &dense_kernels_plain, &dense_kernels_avx2, &dense_kernels_avx512};

/* A sum in rationals and the sum of its absolute terms. */
struct exact {
    mpq_t sum;
    mpq_t size;
    mpq_t term;
    mpq_t factor;
    size_t n;
};

static void exact_init(struct exact *exact, double start)
{
    mpq_inits(exact->sum, exact->size, exact->term, exact->factor,
              (mpq_ptr)NULL);
    rational_set_double(exact->sum, start);
    mpq_abs(exact->size, exact->sum);
    exact->n = 1;
}

static void exact_clear(struct exact *exact)
{
    mpq_clears(exact->sum, exact->size, exact->term, exact->factor,
               (mpq_ptr)NULL);
}

static void exact_add(struct exact *exact, double x, double y)
{
    rational_set_double(exact->term, x);
    rational_set_double(exact->factor, y);
    mpq_mul(exact->term, exact->term, exact->factor);
    mpq_add(exact->sum, exact->sum, exact->term);
    mpq_abs(exact->term, exact->term);
    mpq_add(exact->size, exact->size, exact->term);
    exact->n++;
}

/* |x - sum| <= gamma_n size + n h, as interval.h promises. */
static void check_near(struct exact *exact, double x, const char *what,
                       const struct dense_kernels *kernels)
{
    ck_assert_msg(isfinite(x), "%s of %s is not finite", what, kernels->name);
    rational_set_double(exact->term, interval_gamma(exact->n));
    mpq_mul(exact->size, exact->size, exact->term);
    rational_set_double(exact->term, (double)exact->n * INTERVAL_LEAST);
    mpq_add(exact->size, exact->size, exact->term);
    rational_set_double(exact->term, x);
    mpq_sub(exact->term, exact->term, exact->sum);
    mpq_abs(exact->term, exact->term);
    ck_assert_msg(mpq_cmp(exact->term, exact->size) <= 0,
                  "%s of %s: %a is %g off, allowed are %g", what, kernels->name,
                  x, mpq_get_d(exact->term), mpq_get_d(exact->size));
}

/* Exponents of one round lie in [middle - spread, middle + spread]. */
struct range {
    int middle;
    int spread;
};

static double random_number(struct rng *rng, struct range range)
{
    if (rng_below(rng, 10) == 0) {
        return rng_below(rng, 2) == 0 ? 0.0 : -0.0;
    }
    const int reach = 2 * range.spread + 1;
    const int exponent =
        range.middle - range.spread + (int)rng_below(rng, (size_t)reach);
    return ldexp(rng_range(rng, -1.0, 1.0), exponent);
}

static struct range random_exponents(struct rng *rng)
{
    static const struct range ranges[] = {
        {0, 0}, {0, 20}, {0, 300}, {-530, 20}, {400, 60}};
    return ranges[rng_below(rng, sizeof ranges / sizeof *ranges)];
}

static void fill(double *values, size_t n, struct rng *rng, struct range range)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = random_number(rng, range);
    }
}

/* The operands of a product, and c as it was before. */
struct operands {
    struct dense_product product;
    size_t width;
    double *a;
    double *c;
    double *w;
    double *before;
    uint32_t live[WIDTH_MAX];
};

static void operands_init(struct operands *o, struct rng *rng)
{
    const struct range range = random_exponents(rng);
    o->width = 1 + rng_below(rng, WIDTH_MAX);
    const size_t a_stride = dense_stride(o->width);
    const size_t n_cols = 8 * (1 + rng_below(rng, 33));
    const size_t c_stride = n_cols + 8 * rng_below(rng, 2);
    const size_t w_stride = n_cols + 8 * rng_below(rng, 2);
    size_t n_live = 0;
    const size_t one_in = 1 + rng_below(rng, 4);
    for (size_t i = 0; i < o->width; i++) {
        if (rng_below(rng, one_in) == 0) {
            o->live[n_live++] = (uint32_t)i;
        }
    }
    NEW_ALIGNED(o->a, ROWS_MAX * a_stride);
    NEW_ALIGNED(o->c, ROWS_MAX * c_stride);
    NEW_ALIGNED(o->before, ROWS_MAX * c_stride);
    NEW_ALIGNED(o->w, o->width * w_stride);
    fill(o->a, ROWS_MAX * a_stride, rng, range);
    fill(o->w, o->width * w_stride, rng, range);
    fill(o->before, ROWS_MAX * c_stride, rng, range);
    /* The last three columns of w and c are padding. */
    for (size_t i = 0; i < o->width; i++) {
        memset(o->w + i * w_stride + n_cols - 3, 0, 3 * sizeof(double));
    }
    for (size_t r = 0; r < ROWS_MAX; r++) {
        memset(o->before + r * c_stride + n_cols - 3, 0, 3 * sizeof(double));
    }
    o->product = (struct dense_product){
        .c = o->c,
        .a = o->a,
        .w = o->w,
        .live = o->live,
        .c_stride = c_stride,
        .a_stride = a_stride,
        .w_stride = w_stride,
        .n_live = n_live,
        .n_rows = rng_below(rng, ROWS_MAX + 1),
        .n_cols = n_cols,
    };
}

static void operands_clear(struct operands *o)
{
    alloc_free(o->a);
    alloc_free(o->c);
    alloc_free(o->w);
    alloc_free(o->before);
}

/* c[r][j] against (1) of dense.h. */
static void check_entry(const struct operands *o, size_t r, size_t j,
                        const struct dense_kernels *kernels)
{
    const struct dense_product *p = &o->product;
    struct exact exact;
    exact_init(&exact, o->before[r * p->c_stride + j]);
    for (size_t t = 0; t < p->n_live; t++) {
        const size_t i = o->live[t];
        exact_add(&exact, o->a[r * p->a_stride + i], o->w[i * p->w_stride + j]);
    }
    check_near(&exact, o->c[r * p->c_stride + j], "product", kernels);
    exact_clear(&exact);
}

/* Padding is zero, and nothing outside the product has changed. */
static void check_rest(const struct operands *o)
{
    const struct dense_product *p = &o->product;
    const size_t bytes = sizeof(double);
    for (size_t r = 0; r < ROWS_MAX; r++) {
        const double *now = o->c + r * p->c_stride;
        const double *before = o->before + r * p->c_stride;
        const size_t first = r < p->n_rows ? p->n_cols : 0;
        ck_assert_mem_eq(now + first, before + first,
                         (p->c_stride - first) * bytes);
        ck_assert_mem_eq(now + p->n_cols - 3, before + p->n_cols - 3,
                         3 * bytes);
    }
}

START_TEST(products_stay_within_the_charged_error)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(150); round++) {
        struct operands o;
        operands_init(&o, &rng);
        for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
            const size_t n_rows = o.product.n_rows;
            memcpy(o.c, o.before,
                   ROWS_MAX * o.product.c_stride * sizeof(double));
            SETS[s]->add_product(&o.product);
            for (size_t i = 0; n_rows > 0 && i < SAMPLES; i++) {
                check_entry(&o, rng_below(&rng, n_rows),
                            rng_below(&rng, o.product.n_cols), SETS[s]);
            }
            check_rest(&o);
        }
        operands_clear(&o);
    }
}
END_TEST

/* A row of coefficients, what it meets, and the lines of the layer. */
struct row {
    size_t width;
    size_t stride;
    double *q;
    double *z;
    double *before;
    double *lower;
    double *upper;
    double *intercept;
    double *block;
};

static void row_init(struct row *row, struct rng *rng)
{
    const struct range range = random_exponents(rng);
    row->width = 1 + rng_below(rng, WIDTH_MAX);
    row->stride = dense_stride(row->width);
    NEW_ALIGNED(row->block, 6 * row->stride);
    row->q = row->block;
    row->z = row->q + row->stride;
    row->before = row->z + row->stride;
    row->lower = row->before + row->stride;
    row->upper = row->lower + row->stride;
    row->intercept = row->upper + row->stride;
    fill(row->q, row->width, rng, range);
    fill(row->before, row->width, rng, range);
    fill(row->intercept, row->width, rng, range);
    for (size_t i = 0; i < row->width; i++) {
        row->lower[i] = rng_below(rng, 2) == 0 ? 0.0 : 1.0;
        row->upper[i] = fmax(rng_range(rng, -0.3, 1.0), 0.0);
        row->intercept[i] = fmax(row->intercept[i], 0.0);
    }
}

static void check_relax(const struct row *row, double sum,
                        const struct dense_kernels *kernels)
{
    struct exact total;
    exact_init(&total, 0.0);
    for (size_t i = 0; i < row->width; i++) {
        struct exact exact;
        const double slope = row->q[i] < 0.0 ? row->upper[i] : row->lower[i];
        exact_init(&exact, row->before[i]);
        exact_add(&exact, row->q[i], slope);
        check_near(&exact, row->z[i], "relaxation", kernels);
        exact_clear(&exact);
        if (row->q[i] < 0.0) {
            exact_add(&total, row->q[i], row->intercept[i]);
        }
    }
    check_near(&total, sum, "sum of intercepts", kernels);
    exact_clear(&total);
    for (size_t i = row->width; i < row->stride; i++) {
        ck_assert(row->z[i] >= 0.0 && row->z[i] <= 0.0);
    }
}

START_TEST(relaxations_stay_within_the_charged_error)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 1);
    for (size_t round = 0; round < test_count(150); round++) {
        struct row row;
        row_init(&row, &rng);
        const struct dense_lines lines = {row.lower, row.upper, row.intercept,
                                          row.stride};
        for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
            memcpy(row.z, row.before, row.stride * sizeof(double));
            check_relax(&row, SETS[s]->relax_row(row.z, row.q, &lines),
                        SETS[s]);
        }
        alloc_free(row.block);
    }
}
END_TEST

START_TEST(dot_products_stay_within_the_charged_error)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 2);
    for (size_t round = 0; round < test_count(200); round++) {
        struct row row;
        row_init(&row, &rng);
        for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
            struct exact sum;
            struct exact weight;
            double sums[2];
            exact_init(&sum, 0.0);
            exact_init(&weight, 0.0);
            for (size_t i = 0; i < row.width; i++) {
                exact_add(&sum, row.q[i], row.before[i]);
                exact_add(&weight, fabs(row.q[i]), row.intercept[i]);
            }
            SETS[s]->dot_row(sums, row.q, row.before, row.intercept,
                             row.stride);
            check_near(&sum, sums[0], "dot product", SETS[s]);
            check_near(&weight, sums[1], "absolute dot product", SETS[s]);
            exact_clear(&sum);
            exact_clear(&weight);
        }
        alloc_free(row.block);
    }
}
END_TEST

START_TEST(minima_stay_within_the_charged_error)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 3);
    for (size_t round = 0; round < test_count(200); round++) {
        struct row row;
        row_init(&row, &rng);
        for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
            struct exact sum;
            exact_init(&sum, 0.0);
            for (size_t i = 0; i < row.width; i++) {
                const bool is_upper = row.q[i] > 0.0
                                          ? row.before[i] > row.intercept[i]
                                          : row.before[i] < row.intercept[i];
                exact_add(&sum, row.q[i],
                          is_upper ? row.intercept[i] : row.before[i]);
            }
            const double found =
                SETS[s]->minimum(row.q, row.before, row.intercept, row.width);
            check_near(&sum, found, "minimum", SETS[s]);
            exact_clear(&sum);
        }
        alloc_free(row.block);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("dense");
    tcase_add_test(cases, products_stay_within_the_charged_error);
    tcase_add_test(cases, relaxations_stay_within_the_charged_error);
    tcase_add_test(cases, dot_products_stay_within_the_charged_error);
    tcase_add_test(cases, minima_stay_within_the_charged_error);
    return cases;
}
