/* Intervals of integers that count multiples of 2^-bits / D. */
#include "src/net/enclose.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/rational.h"
#include "src/num/transcend.h"

#include <assert.h>
#include <math.h>

/* Most multiples of 1/2 that the arithmetic may count, and bits of the common
 * denominator of the inputs. */
enum { MOST_BITS = 65536, MOST_COMMON = 1024 };

/* Ends of one layer, in units of 2^-bits / D; the same if is_point. */
struct ends {
    size_t n;
    mpz_t *lower;
    mpz_t *upper;
    bool is_point;
};

/*
 * One evaluation.
 *   common  D, odd: of the inputs' denominators the odd parts divide it, unless
 *           it would be long; then it is 1
 *   unit    2^bits * D, what stands for 1
 *   ends    [n_layers]
 *   spare   three numbers for the step at hand
 *   a, b    likewise, rational
 */
struct enclosure {
    const struct layers *layers;
    long bits;
    mpz_t common;
    mpz_t unit;
    struct ends *ends;
    mpz_t spare[3];
    mpq_t a;
    mpq_t b;
};

static void ends_init(struct ends *ends, size_t n)
{
    ends->n = n;
    ends->is_point = true;
    NEW_ARRAY(ends->lower, n);
    NEW_ARRAY(ends->upper, n);
    for (size_t i = 0; i < n; i++) {
        mpz_init(ends->lower[i]);
        mpz_init(ends->upper[i]);
    }
}

static void ends_clear(struct ends *ends)
{
    for (size_t i = 0; i < ends->n; i++) {
        mpz_clear(ends->lower[i]);
        mpz_clear(ends->upper[i]);
    }
    alloc_free(ends->lower);
    alloc_free(ends->upper);
    *ends = (struct ends){0};
}

/* x = mantissa * 2^*exponent with an odd mantissa, or 0 * 2^0. */
static int64_t split(double x, long *exponent)
{
    int power = 0;
    const int64_t mantissa = (int64_t)(frexp(x, &power) * 0x1p+53);
    if (mantissa == 0) {
        *exponent = 0;
        return 0;
    }
    const int n_zeros = __builtin_ctzll((unsigned long long)mantissa);
    *exponent = (long)power - 53 + n_zeros;
    return mantissa / ((int64_t)1 << n_zeros);
}

/* y = floor (ceiling) of x * 2^shift. */
static void shift_down(mpz_t y, const mpz_t x, long shift)
{
    if (shift >= 0) {
        mpz_mul_2exp(y, x, (mp_bitcnt_t)shift);
    } else {
        mpz_fdiv_q_2exp(y, x, (mp_bitcnt_t)-shift);
    }
}

static void shift_up(mpz_t y, const mpz_t x, long shift)
{
    if (shift >= 0) {
        mpz_mul_2exp(y, x, (mp_bitcnt_t)shift);
    } else {
        mpz_cdiv_q_2exp(y, x, (mp_bitcnt_t)-shift);
    }
}

/* lower <= x_lower * unit, x_upper * unit <= upper. */
static void set_ends(mpz_t lower, mpz_t upper, const mpq_t x_lower,
                     const mpq_t x_upper, const struct enclosure *self)
{
    mpz_mul(lower, mpq_numref(x_lower), self->unit);
    mpz_fdiv_q(lower, lower, mpq_denref(x_lower));
    mpz_mul(upper, mpq_numref(x_upper), self->unit);
    mpz_cdiv_q(upper, upper, mpq_denref(x_upper));
}

static void get_rational(mpq_t y, const mpz_t x, const struct enclosure *self)
{
    mpz_set(mpq_numref(y), x);
    mpz_set(mpq_denref(y), self->unit);
    mpq_canonicalize(y);
}

/* Where one row of a matrix has its entries. */
struct row {
    size_t n;
    const double *value;
    const uint32_t *column; /* NULL: 0, 1, ... */
};

static struct row row_of(const struct matrix *matrix, size_t i)
{
    if (matrix->dense != NULL) {
        return (struct row){matrix->n_cols, matrix->dense + i * matrix->n_cols,
                            NULL};
    }
    return (struct row){matrix->start[i + 1] - matrix->start[i],
                        matrix->value + matrix->start[i],
                        matrix->column + matrix->start[i]};
}

/* Bits below the binary point of all weights of row i and its bias. */
static long fraction_bits(const struct layer *layer, size_t i)
{
    long exponent = 0;
    long least = 0;
    (void)split(layer->bias[i], &exponent);
    least = exponent < least ? exponent : least;
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct row row = row_of(&layer->terms[t].matrix, i);
        for (size_t k = 0; k < row.n; k++) {
            if (split(row.value[k], &exponent) != 0 && exponent < least) {
                least = exponent;
            }
        }
    }
    return -least;
}

/* sum += weights times the lower (upper) ends, in units 2^-(bits + more). */
static void add_row(mpz_t sum, mpz_t product, const struct row *row,
                    const struct ends *source, bool is_lower, long more)
{
    for (size_t k = 0; k < row->n; k++) {
        long exponent = 0;
        const int64_t weight = split(row->value[k], &exponent);
        const size_t at = row->column == NULL ? k : row->column[k];
        if (weight == 0) {
            continue;
        }
        mpz_mul_si(product,
                   (weight > 0) == is_lower ? source->lower[at]
                                            : source->upper[at],
                   (long)weight);
        mpz_mul_2exp(product, product, (mp_bitcnt_t)(exponent + more));
        mpz_add(sum, sum, product);
    }
}

static void enclose_affine(struct enclosure *self, const struct layer *layer,
                           struct ends *ends)
{
    mpz_t *const sum = &self->spare[0];
    bool is_from_points = true;
    for (size_t t = 0; t < layer->n_terms; t++) {
        is_from_points =
            is_from_points && self->ends[layer->terms[t].source].is_point;
    }
    for (size_t i = 0; i < layer->width; i++) {
        const long more = fraction_bits(layer, i);
        for (size_t side = 0; side < 2; side++) {
            long exponent = 0;
            const bool is_lower = side == 0;
            if (!is_lower && is_from_points) {
                shift_up(ends->upper[i], *sum, -more);
                break;
            }
            mpz_set_si(*sum, (long)split(layer->bias[i], &exponent));
            mpz_mul(*sum, *sum, self->common);
            mpz_mul_2exp(*sum, *sum,
                         (mp_bitcnt_t)(exponent + more + self->bits));
            for (size_t t = 0; t < layer->n_terms; t++) {
                const struct row row = row_of(&layer->terms[t].matrix, i);
                add_row(*sum, self->spare[1], &row,
                        &self->ends[layer->terms[t].source], is_lower, more);
            }
            if (is_lower) {
                shift_down(ends->lower[i], *sum, -more);
            } else {
                shift_up(ends->upper[i], *sum, -more);
            }
        }
    }
}

/* Ends of the products of two intervals, left in self->spare[1] and [2]. */
static void multiply(struct enclosure *self, const mpz_srcptr x[2],
                     const mpz_srcptr y[2])
{
    mpz_t *const product = &self->spare[0];
    mpz_t *const least = &self->spare[1];
    mpz_t *const most = &self->spare[2];
    for (size_t corner = 0; corner < 4; corner++) {
        mpz_mul(*product, x[corner / 2], y[corner % 2]);
        if (corner == 0 || mpz_cmp(*product, *least) < 0) {
            mpz_set(*least, *product);
        }
        if (corner == 0 || mpz_cmp(*product, *most) > 0) {
            mpz_set(*most, *product);
        }
    }
}

static void enclose_product(struct enclosure *self, const struct layer *layer,
                            struct ends *ends)
{
    const struct ends *a = &self->ends[layer->source];
    const struct ends *b = &self->ends[layer->other];
    for (size_t i = 0; i < layer->width; i++) {
        const mpz_srcptr x[2] = {a->lower[i], a->upper[i]};
        const mpz_srcptr y[2] = {b->lower[i], b->upper[i]};
        multiply(self, x, y);
        mpz_fdiv_q(ends->lower[i], self->spare[1], self->unit);
        mpz_cdiv_q(ends->upper[i], self->spare[2], self->unit);
    }
}

static void enclose_scale(struct enclosure *self, const struct layer *layer,
                          struct ends *ends)
{
    const struct ends *a = &self->ends[layer->source];
    mpz_t factor[2];
    mpz_inits(factor[0], factor[1], NULL);
    for (size_t i = 0; i < layer->width; i++) {
        long low = 0;
        long high = 0;
        mpz_set_si(factor[0], (long)split(layer->factor_lower[i], &low));
        mpz_set_si(factor[1], (long)split(layer->factor_upper[i], &high));
        const long unit = low < high ? low : high;
        mpz_mul_2exp(factor[0], factor[0], (mp_bitcnt_t)(low - unit));
        mpz_mul_2exp(factor[1], factor[1], (mp_bitcnt_t)(high - unit));
        const mpz_srcptr x[2] = {a->lower[i], a->upper[i]};
        const mpz_srcptr y[2] = {factor[0], factor[1]};
        multiply(self, x, y);
        shift_down(ends->lower[i], self->spare[1], unit);
        shift_up(ends->upper[i], self->spare[2], unit);
    }
    mpz_clears(factor[0], factor[1], NULL);
}

static void enclose_relu(const struct ends *source, struct ends *ends)
{
    for (size_t i = 0; i < ends->n; i++) {
        if (mpz_sgn(source->lower[i]) > 0) {
            mpz_set(ends->lower[i], source->lower[i]);
        }
        if (mpz_sgn(source->upper[i]) > 0) {
            mpz_set(ends->upper[i], source->upper[i]);
        }
    }
}

/* y = floor of x, both in units. */
static void take_floor(mpz_t y, const mpz_t x, const mpz_t unit)
{
    mpz_fdiv_q(y, x, unit);
    mpz_mul(y, y, unit);
}

/* 1 / x; false if x may be 0. */
static bool enclose_reciprocal(struct enclosure *self, mpz_t lower, mpz_t upper,
                               const mpz_t x_lower, const mpz_t x_upper)
{
    mpz_t *const one = &self->spare[0];
    if (mpz_sgn(x_lower) <= 0 && mpz_sgn(x_upper) >= 0) {
        return false;
    }
    mpz_mul(*one, self->unit, self->unit);
    mpz_fdiv_q(lower, *one, x_upper);
    mpz_cdiv_q(upper, *one, x_lower);
    return true;
}

/* x^2 */
static void enclose_square(struct enclosure *self, mpz_t lower, mpz_t upper,
                           const mpz_t x_lower, const mpz_t x_upper)
{
    mpz_t *const a = &self->spare[0];
    mpz_t *const b = &self->spare[1];
    const bool has_zero = mpz_sgn(x_lower) <= 0 && mpz_sgn(x_upper) >= 0;
    mpz_mul(*a, x_lower, x_lower);
    mpz_mul(*b, x_upper, x_upper);
    if (mpz_cmp(*a, *b) > 0) {
        mpz_swap(*a, *b);
    }
    if (has_zero) {
        mpz_set_ui(*a, 0);
    }
    mpz_fdiv_q(lower, *a, self->unit);
    mpz_cdiv_q(upper, *b, self->unit);
}

static bool enclose_by_mpfr(struct enclosure *self, mpz_t lower, mpz_t upper,
                            const mpz_t x_lower, const mpz_t x_upper,
                            enum transcend function)
{
    get_rational(self->a, x_lower, self);
    get_rational(self->b, x_upper, self);
    const bool has_value = transcend_enclose(self->a, self->b, function,
                                             self->a, self->b, self->bits);
    if (has_value) {
        set_ends(lower, upper, self->a, self->b, self);
    }
    return has_value;
}

static void enclose_sign(mpz_t lower, mpz_t upper, const mpz_t x_lower,
                         const mpz_t x_upper, const mpz_t unit)
{
    mpz_set_si(lower, mpz_sgn(x_lower));
    mpz_set_si(upper, mpz_sgn(x_upper));
    mpz_mul(lower, lower, unit);
    mpz_mul(upper, upper, unit);
}

static bool enclose_activation(struct enclosure *self, mpz_t lower, mpz_t upper,
                               const mpz_t a, const mpz_t b,
                               enum activation activation)
{
    switch (activation) {
    case ACTIVATION_SIGMOID:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_SIGMOID);
    case ACTIVATION_TANH:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_TANH);
    case ACTIVATION_SOFTPLUS:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_SOFTPLUS);
    case ACTIVATION_ERF:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_ERF);
    case ACTIVATION_EXP:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_EXP);
    case ACTIVATION_LOG:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_LOG);
    case ACTIVATION_SQRT:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_SQRT);
    case ACTIVATION_SIN:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_SIN);
    case ACTIVATION_COS:
        return enclose_by_mpfr(self, lower, upper, a, b, TRANSCEND_COS);
    case ACTIVATION_RECIPROCAL:
        return enclose_reciprocal(self, lower, upper, a, b);
    case ACTIVATION_SQUARE:
        enclose_square(self, lower, upper, a, b);
        return true;
    case ACTIVATION_SIGN:
        enclose_sign(lower, upper, a, b, self->unit);
        return true;
    case ACTIVATION_FLOOR:
        take_floor(lower, a, self->unit);
        take_floor(upper, b, self->unit);
        return true;
    case ACTIVATION_COUNT:
        break;
    }
    return false;
}

static bool enclose_layer(struct enclosure *self, size_t k)
{
    const struct layer *layer = &self->layers->layer[k];
    struct ends *ends = &self->ends[k];
    const struct ends *source = &self->ends[layer->source];
    bool has_value = true;
    ends_init(ends, layer->width);
    switch (layer->kind) {
    case LAYER_INPUT:
        break;
    case LAYER_AFFINE:
        enclose_affine(self, layer, ends);
        break;
    case LAYER_RELU:
        enclose_relu(source, ends);
        break;
    case LAYER_ACTIVATION:
        for (size_t i = 0; i < layer->width && has_value; i++) {
            has_value = enclose_activation(self, ends->lower[i], ends->upper[i],
                                           source->lower[i], source->upper[i],
                                           layer->activation);
        }
        break;
    case LAYER_PRODUCT:
        enclose_product(self, layer, ends);
        break;
    case LAYER_SCALE:
        enclose_scale(self, layer, ends);
        break;
    case LAYER_DIFFERENCE:
        REQUIRE(false); /* in layers for bounds only */
        break;
    }
    return has_value;
}

static void note_points(struct ends *ends)
{
    for (size_t i = 0; i < ends->n && ends->is_point; i++) {
        ends->is_point = mpz_cmp(ends->lower[i], ends->upper[i]) == 0;
    }
}

/* Finds D and the unit. */
static void set_unit(struct enclosure *self, const mpq_t *x, size_t n)
{
    mpz_t odd;
    mpz_init(odd);
    mpz_init_set_ui(self->common, 1);
    mpz_init(self->unit);
    for (size_t i = 0; i < n && mpz_sizeinbase(self->common, 2) <= MOST_COMMON;
         i++) {
        mpz_tdiv_q_2exp(odd, mpq_denref(x[i]), mpz_scan1(mpq_denref(x[i]), 0));
        mpz_lcm(self->common, self->common, odd);
    }
    if (mpz_sizeinbase(self->common, 2) > MOST_COMMON) {
        mpz_set_ui(self->common, 1);
    }
    mpz_mul_2exp(self->unit, self->common, (mp_bitcnt_t)self->bits);
    mpz_clear(odd);
}

/* Encloses all layers at x; false if a function may have no value. */
static bool run(struct enclosure *self, const struct layers *layers,
                const mpq_t *x, long bits)
{
    bool has_value = true;
    *self = (struct enclosure){.layers = layers, .bits = bits};
    NEW_ARRAY(self->ends, layers->n_layers);
    mpz_inits(self->spare[0], self->spare[1], self->spare[2], NULL);
    mpq_inits(self->a, self->b, NULL);
    set_unit(self, x, layers->n_inputs);
    for (size_t k = 0; k < layers->n_layers && has_value; k++) {
        has_value = enclose_layer(self, k);
        for (size_t i = 0; i < layers->n_inputs && k == 0; i++) {
            set_ends(self->ends[0].lower[i], self->ends[0].upper[i], x[i], x[i],
                     self);
        }
        note_points(&self->ends[k]);
    }
    return has_value;
}

static void clear(struct enclosure *self)
{
    for (size_t k = 0; k < self->layers->n_layers; k++) {
        ends_clear(&self->ends[k]);
    }
    alloc_free(self->ends);
    mpz_clears(self->spare[0], self->spare[1], self->spare[2], NULL);
    mpz_clears(self->common, self->unit, NULL);
    mpq_clears(self->a, self->b, NULL);
}

bool layers_enclose(mpq_t *y_lower, mpq_t *y_upper, const struct layers *layers,
                    const mpq_t *x, long bits)
{
    assert(bits >= 24 && bits <= MOST_BITS);
    const size_t last = layers->n_layers - 1;
    struct enclosure self;
    const bool has_value = run(&self, layers, x, bits);
    for (size_t i = 0; i < layers->n_outputs && has_value; i++) {
        get_rational(y_lower[i], self.ends[last].lower[i], &self);
        get_rational(y_upper[i], self.ends[last].upper[i], &self);
    }
    clear(&self);
    return has_value;
}

/* Bits below the binary point of all rows of an affine layer. */
static long affine_bits(const struct layer *layer, const long *bits)
{
    long most = 0;
    long below = 0;
    for (size_t t = 0; t < layer->n_terms; t++) {
        const long source = bits[layer->terms[t].source];
        below = source > below ? source : below;
    }
    for (size_t i = 0; i < layer->width; i++) {
        const long more = fraction_bits(layer, i);
        most = more > most ? more : most;
    }
    return below + most;
}

/* Bits that hold the values of all layers where they are dyadic, those of
 * other functions than squares and steps as far as FUNCTION_BITS go. */
static long bits_needed(const struct layers *layers, const mpq_t *x)
{
    enum { FUNCTION_BITS = 128 };
    long most = FUNCTION_BITS;
    long *bits = NULL;
    NEW_ARRAY(bits, layers->n_layers);
    for (size_t i = 0; i < layers->n_inputs; i++) {
        const long one = (long)mpz_sizeinbase(mpq_denref(x[i]), 2) - 1;
        bits[0] = one > bits[0] ? one : bits[0];
    }
    for (size_t k = 1; k < layers->n_layers && most <= MOST_BITS; k++) {
        const struct layer *layer = &layers->layer[k];
        const long below = bits[layer->source];
        switch (layer->kind) {
        case LAYER_INPUT:
            break;
        case LAYER_AFFINE:
            bits[k] = affine_bits(layer, bits);
            break;
        case LAYER_RELU:
            bits[k] = below;
            break;
        case LAYER_ACTIVATION:
            bits[k] = layer->activation == ACTIVATION_SQUARE  ? 2 * below
                      : layer->activation == ACTIVATION_SIGN  ? 0
                      : layer->activation == ACTIVATION_FLOOR ? 0
                                                              : FUNCTION_BITS;
            break;
        case LAYER_PRODUCT:
            bits[k] = below + bits[layer->other];
            break;
        case LAYER_SCALE:
            bits[k] = below + FUNCTION_BITS;
            break;
        case LAYER_DIFFERENCE:
            REQUIRE(false); /* in layers for bounds only */
            break;
        }
        most = bits[k] > most ? bits[k] : most;
    }
    alloc_free(bits);
    return most;
}

/* sum += the values of layer k, a point. */
static void add_values(mpq_t sum, struct enclosure *self, size_t k)
{
    mpz_t *const total = &self->spare[0];
    mpz_set_ui(*total, 0);
    for (size_t i = 0; i < self->ends[k].n; i++) {
        mpz_add(*total, *total, self->ends[k].lower[i]);
    }
    get_rational(self->a, *total, self);
    mpq_add(sum, sum, self->a);
}

bool layers_eval_exact(mpq_t *y, mpq_t *sums, const struct layers *layers,
                       const mpq_t *x)
{
    const size_t last = layers->n_layers - 1;
    const long bits = bits_needed(layers, x);
    struct enclosure self;
    if (bits > MOST_BITS) {
        return false;
    }
    bool is_exact = run(&self, layers, x, bits);
    for (size_t k = 0; k < layers->n_layers && is_exact; k++) {
        is_exact = self.ends[k].is_point;
    }
    for (size_t k = 0; k < layers->n_layers && is_exact; k++) {
        const struct layer *layer = &layers->layer[k];
        mpq_set_ui(sums[k], 0, 1);
        if (layer->kind != LAYER_INPUT && layer->kind != LAYER_AFFINE) {
            add_values(sums[k], &self, layer->source);
        }
        if (layer->kind == LAYER_PRODUCT) {
            add_values(sums[k], &self, layer->other);
        }
    }
    for (size_t i = 0; i < layers->n_outputs && is_exact; i++) {
        get_rational(y[i], self.ends[last].lower[i], &self);
    }
    clear(&self);
    return is_exact;
}
