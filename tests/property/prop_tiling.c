/* Tilings of convolutions and of other sparse matrices, beside sums over CSR.
 * All numbers are small integers, so that every order of summation is exact. */
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/num/tiling.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

/* A matrix with room for all entries. */
struct sample {
    struct tiling_source source;
    size_t *start;
    uint32_t *column;
    double *value;
};

/* A convolution of a square image; outputs and inputs with channels first or
 * last. */
struct shape {
    size_t groups;
    size_t inputs;  /* channels of a group */
    size_t outputs; /* the same */
    size_t side;
    size_t kernel;
    size_t stride;
    size_t dilation;
    size_t pad;
    size_t reach; /* side of the outputs */
    bool is_last;
};

static size_t place(const struct shape *shape, bool is_output, size_t channel,
                    size_t y, size_t x)
{
    const size_t n =
        shape->groups * (is_output ? shape->outputs : shape->inputs);
    const size_t side = is_output ? shape->reach : shape->side;
    return shape->is_last ? (y * side + x) * n + channel
                          : (channel * side + y) * side + x;
}

/* Adds the outputs of one group at one place to a dense matrix. */
static void fill_place(double *dense, const double *weight,
                       const struct shape *s, size_t group, size_t at)
{
    const size_t n_cols = s->groups * s->inputs * s->side * s->side;
    const size_t y = at / s->reach;
    const size_t x = at % s->reach;
    const size_t taps = s->kernel * s->kernel;
    for (size_t t = 0; t < s->outputs * s->inputs * taps; t++) {
        const size_t o = t / (s->inputs * taps);
        const size_t c = t / taps % s->inputs;
        const size_t v = y * s->stride + t % taps / s->kernel * s->dilation;
        const size_t u = x * s->stride + t % s->kernel * s->dilation;
        if (v >= s->pad && v < s->pad + s->side && u >= s->pad &&
            u < s->pad + s->side) {
            const size_t row = place(s, true, group * s->outputs + o, y, x);
            const size_t column =
                place(s, false, group * s->inputs + c, v - s->pad, u - s->pad);
            dense[row * n_cols + column] =
                weight[group * s->outputs * s->inputs * taps + t];
        }
    }
}

static struct shape random_shape(struct rng *rng)
{
    struct shape s = {
        .groups = 1 + rng_below(rng, 2),
        .inputs = 1 + rng_below(rng, 4),
        .outputs = 4 + rng_below(rng, 7),
        .side = 8 + rng_below(rng, 4),
        .kernel = 1 + rng_below(rng, 3),
        .stride = 1 + rng_below(rng, 2),
        .dilation = 1 + rng_below(rng, 2),
        .pad = rng_below(rng, 2),
        .is_last = rng_below(rng, 2) == 0,
    };
    s.reach =
        (s.side + 2 * s.pad - (s.kernel - 1) * s.dilation - 1) / s.stride + 1;
    return s;
}

static double small_integer(struct rng *rng)
{
    const double size = (double)(1 + rng_below(rng, 9));
    return rng_below(rng, 2) == 0 ? size : -size;
}

/* The entries of a dense matrix that are not 0. */
static void sample_init(struct sample *sample, const double *dense,
                        size_t n_rows, size_t n_cols)
{
    size_t n = 0;
    NEW_ARRAY(sample->start, n_rows + 1);
    NEW_ARRAY(sample->column, n_rows * n_cols);
    NEW_ARRAY(sample->value, n_rows * n_cols);
    for (size_t i = 0; i < n_rows; i++) {
        for (size_t j = 0; j < n_cols; j++) {
            if (fabs(dense[i * n_cols + j]) > 0.0) {
                sample->column[n] = (uint32_t)j;
                sample->value[n++] = dense[i * n_cols + j];
            }
        }
        sample->start[i + 1] = n;
    }
    sample->source = (struct tiling_source){n_rows, n_cols, sample->start,
                                            sample->column, sample->value};
}

static void sample_clear(struct sample *sample)
{
    alloc_free(sample->start);
    alloc_free(sample->column);
    alloc_free(sample->value);
}

static void convolution_init(struct sample *sample, struct rng *rng)
{
    const struct shape s = random_shape(rng);
    const size_t n_rows = s.groups * s.outputs * s.reach * s.reach;
    const size_t n_cols = s.groups * s.inputs * s.side * s.side;
    const size_t n_weights =
        s.groups * s.outputs * s.inputs * s.kernel * s.kernel;
    double *dense;
    double *weight;
    NEW_ARRAY(dense, n_rows * n_cols);
    NEW_ARRAY(weight, n_weights);
    for (size_t i = 0; i < n_weights; i++) {
        weight[i] = small_integer(rng);
    }
    for (size_t t = 0; t < s.groups * s.reach * s.reach; t++) {
        fill_place(dense, weight, &s, t % s.groups, t / s.groups);
    }
    sample_init(sample, dense, n_rows, n_cols);
    alloc_free(dense);
    alloc_free(weight);
}

/* Operands of a product and what should come out. */
struct operands {
    size_t n_rows;
    size_t from_stride;
    size_t to_stride;
    double *from;
    double *to;
    double *expected;
};

static void operands_init(struct operands *o, struct rng *rng, size_t n_from,
                          size_t n_to)
{
    o->n_rows = 1 + rng_below(rng, 20);
    o->from_stride = dense_stride(n_from);
    o->to_stride = dense_stride(n_to);
    NEW_ALIGNED(o->from, o->n_rows * o->from_stride);
    NEW_ALIGNED(o->to, o->n_rows * o->to_stride);
    NEW_ALIGNED(o->expected, o->n_rows * o->to_stride);
    const size_t one_in = 1 + rng_below(rng, 40);
    for (size_t i = 0; i < o->n_rows * o->from_stride; i++) {
        o->from[i] = rng_below(rng, one_in) == 0 ? small_integer(rng) : 0.0;
    }
    for (size_t i = 0; i < o->n_rows * o->to_stride; i++) {
        o->to[i] = small_integer(rng);
        o->expected[i] = o->to[i];
    }
}

static void operands_clear(struct operands *o)
{
    alloc_free(o->from);
    alloc_free(o->to);
    alloc_free(o->expected);
}

/* The slow twin: entry by entry, of the rows of the copies that are met. */
static void add_slowly(struct operands *o, const struct sample *sample,
                       const struct tiling *tiling, const bool *is_met,
                       bool is_forward)
{
    for (size_t r = 0; r < o->n_rows; r++) {
        const double *from = o->from + r * o->from_stride;
        double *to = o->expected + r * o->to_stride;
        for (size_t i = 0; i < tiling->n_rows; i++) {
            const uint32_t copy = tiling->copy_of[i];
            for (size_t p = sample->start[i];
                 p < sample->start[i + 1] && is_met[copy]; p++) {
                const size_t j = sample->column[p];
                to[is_forward ? i : j] +=
                    sample->value[p] * from[is_forward ? j : i];
            }
        }
    }
}

static float *floats_of(const double *from, size_t n)
{
    float *to;
    NEW_ALIGNED(to, n);
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)from[i];
    }
    return to;
}

/* The same product in floats, from what `to` was before. */
static void check_single(const struct operands *o,
                         const struct tiling_pass *same, const double *before,
                         bool is_forward)
{
    const bool is_best = same->kernels == dense_kernels_best();
    const size_t n = o->n_rows * o->to_stride;
    float *from = floats_of(o->from, o->n_rows * o->from_stride);
    float *to = floats_of(before, n);
    float *expected = floats_of(o->expected, n);
    const struct tiling_single_pass pass = {
        .tiling = same->tiling,
        .kernels = is_best ? single_kernels_best() : &single_kernels_plain,
        .work = same->work,
        .to = to,
        .from = from,
        .to_stride = o->to_stride,
        .from_stride = o->from_stride,
        .n_rows = o->n_rows,
        .n_copies = same->n_copies,
        .copies = same->copies};
    (void)(is_forward ? tiling_single_add_forward(&pass)
                      : tiling_single_add_backward(&pass));
    ck_assert_mem_eq(to, expected, n * sizeof *to);
    alloc_free(from);
    alloc_free(to);
    alloc_free(expected);
}

static void check_product(const struct sample *sample,
                          const struct tiling *tiling, struct rng *rng,
                          const struct dense_kernels *kernels, bool is_forward)
{
    const size_t n_rows = sample->source.n_rows;
    const size_t n_cols = sample->source.n_cols;
    struct tiling_work work = {0};
    struct operands o;
    bool *is_met;
    uint32_t *list;
    size_t n = 0;
    const bool is_listed = rng_below(rng, 2) == 0;
    tiling_work_fit(&work, tiling);
    operands_init(&o, rng, is_forward ? n_cols : n_rows,
                  is_forward ? n_rows : n_cols);
    NEW_ARRAY(is_met, tiling->n_copies);
    NEW_ARRAY(list, n_rows);
    for (size_t i = 0; i < n_rows; i++) {
        if (rng_below(rng, 30) == 0) {
            list[n++] = (uint32_t)i;
        }
    }
    struct tiling_pass pass = {.tiling = tiling,
                               .kernels = kernels,
                               .work = &work,
                               .to = o.to,
                               .from = o.from,
                               .to_stride = o.to_stride,
                               .from_stride = o.from_stride,
                               .n_rows = o.n_rows,
                               .n_copies = tiling->n_copies};
    memset(is_met, is_listed ? 0 : 1, tiling->n_copies);
    for (size_t t = 0; is_listed && t < n; t++) {
        if (tiling->copy_of[list[t]] != TILING_NONE) {
            is_met[tiling->copy_of[list[t]]] = true;
        }
    }
    if (is_listed) {
        pass.n_copies = tiling_find_copies(tiling, &work, list, n);
        pass.copies = work.copies;
    }
    double *before;
    NEW_ARRAY(before, o.n_rows * o.to_stride);
    memcpy(before, o.to, o.n_rows * o.to_stride * sizeof *before);
    (void)(is_forward ? tiling_add_forward(&pass) : tiling_add_backward(&pass));
    add_slowly(&o, sample, tiling, is_met, is_forward);
    ck_assert_mem_eq(o.to, o.expected, o.n_rows * o.to_stride * sizeof(double));
    check_single(&o, &pass, before, is_forward);
    alloc_free(before);
    tiling_work_clear(&work);
    operands_clear(&o);
    alloc_free(is_met);
    alloc_free(list);
}

START_TEST(convolutions_are_tiled_and_multiply_as_their_entries)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        convolution_init(&sample, &rng);
        struct tiling *tiling = tiling_find(&sample.source);
        ck_assert_ptr_nonnull(tiling);
        check_product(&sample, tiling, &rng, &dense_kernels_plain, false);
        check_product(&sample, tiling, &rng, &dense_kernels_plain, true);
        check_product(&sample, tiling, &rng, dense_kernels_best(), false);
        check_product(&sample, tiling, &rng, dense_kernels_best(), true);
        tiling_destroy(tiling);
        sample_clear(&sample);
    }
}
END_TEST

/* One entry changed makes one more tile, and the products keep their value. */
START_TEST(an_exceptional_entry_is_kept)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 1);
    for (size_t round = 0; round < test_count(30); round++) {
        struct sample sample;
        convolution_init(&sample, &rng);
        const size_t n = sample.start[sample.source.n_rows];
        sample.value[rng_below(&rng, n)] = 20.0;
        struct tiling *tiling = tiling_find(&sample.source);
        if (tiling != NULL) {
            check_product(&sample, tiling, &rng, dense_kernels_best(), false);
            check_product(&sample, tiling, &rng, dense_kernels_best(), true);
        }
        tiling_destroy(tiling);
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(matrices_without_copies_stay_as_they_are)
{
    enum { N = 40 };
    struct rng rng;
    rng_init(&rng, test_seed() + 2);
    double dense[N * N] = {0.0};
    struct sample sample;
    sample_init(&sample, dense, N, N);
    ck_assert_ptr_null(tiling_find(&sample.source));
    sample_clear(&sample);
    for (size_t i = 0; i < N; i++) {
        dense[i * N + i] = 1.0;
    }
    sample_init(&sample, dense, N, N);
    ck_assert_ptr_null(tiling_find(&sample.source));
    sample_clear(&sample);
    for (size_t i = 0; i < sizeof dense / sizeof *dense; i++) {
        dense[i] = rng_below(&rng, 6) == 0 ? small_integer(&rng) : 0.0;
    }
    sample_init(&sample, dense, N, N);
    ck_assert_ptr_null(tiling_find(&sample.source));
    sample_clear(&sample);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("tiling");
    tcase_add_test(cases, convolutions_are_tiled_and_multiply_as_their_entries);
    tcase_add_test(cases, an_exceptional_entry_is_kept);
    tcase_add_test(cases, matrices_without_copies_stay_as_they_are);
    return cases;
}
