#include "src/num/rational.h"

#include "src/base/alloc.h"
#include "src/base/require.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DIGITS = 4096, PRINT_BYTES = 32, MOST_PRINT_DIGITS = 17 };

static void *gmp_alloc(size_t n)
{
    return alloc_bytes(n, 1);
}

static void *gmp_resize(void *block, size_t n_old, size_t n)
{
    (void)n_old;
    return alloc_resize(block, n, 1);
}

static void gmp_free(void *block, size_t n)
{
    (void)n;
    alloc_free(block);
}

void rational_use_counted_memory(void)
{
    mp_set_memory_functions(gmp_alloc, gmp_resize, gmp_free);
}

mpq_t *rational_create(size_t n)
{
    mpq_t *values = NULL;
    NEW_ARRAY(values, n);
    for (size_t i = 0; i < n; i++) {
        mpq_init(values[i]);
    }
    return values;
}

void rational_destroy(mpq_t *values, size_t n)
{
    for (size_t i = 0; values != NULL && i < n; i++) {
        mpq_clear(values[i]);
    }
    alloc_free(values);
}

/*
 * A scanned decimal: (-1)^is_negative * M * 10^(exponent - n_fraction), where
 * M has the n_digits decimal digits kept in `digits`, without leading zeros.
 */
struct decimal {
    bool is_negative;
    size_t n_digits;
    size_t n_fraction;
    long exponent;
    char digits[MOST_DIGITS + 1];
};

/* Text still to be read. */
struct cursor {
    const char *next;
    const char *end;
};

static bool at_digit(const struct cursor *cursor)
{
    return cursor->next < cursor->end && *cursor->next >= '0' &&
           *cursor->next <= '9';
}

static bool take(struct cursor *cursor, char c)
{
    if (cursor->next < cursor->end && *cursor->next == c) {
        ++cursor->next;
        return true;
    }
    return false;
}

/* True and past the sign for '-'; false, also past the sign, for '+'. */
static bool take_sign(struct cursor *cursor)
{
    return take(cursor, '-') || (take(cursor, '+') && false);
}

/* Moves the digits at the cursor into `decimal`; returns how many there
 * were. Beyond MOST_DIGITS they are counted, not kept. */
static size_t take_digits(struct decimal *decimal, struct cursor *cursor)
{
    size_t n = 0;
    for (; at_digit(cursor); ++cursor->next, ++n) {
        if (decimal->n_digits == 0 && *cursor->next == '0') {
            continue;
        }
        if (decimal->n_digits < MOST_DIGITS) {
            decimal->digits[decimal->n_digits] = *cursor->next;
        }
        ++decimal->n_digits;
    }
    return n;
}

/* The digits of an exponent; held at a value beyond every limit. */
static bool take_exponent(struct decimal *decimal, struct cursor *cursor)
{
    enum { BEYOND = 100000000 };
    const bool is_negative = take_sign(cursor);
    if (!at_digit(cursor)) {
        return false;
    }
    long exponent = 0;
    for (; at_digit(cursor); ++cursor->next) {
        if (exponent < BEYOND) {
            exponent = 10 * exponent + (*cursor->next - '0');
        }
    }
    decimal->exponent = is_negative ? -exponent : exponent;
    return true;
}

static bool scan_decimal(struct decimal *decimal, const char *text, size_t n)
{
    struct cursor cursor = {text, text + n};
    decimal->is_negative = take_sign(&cursor);
    const size_t n_whole = take_digits(decimal, &cursor);
    if (take(&cursor, '.')) {
        decimal->n_fraction = take_digits(decimal, &cursor);
    }
    if (n_whole + decimal->n_fraction == 0) {
        return false;
    }
    if (take(&cursor, 'e') || take(&cursor, 'E')) {
        if (!take_exponent(decimal, &cursor)) {
            return false;
        }
    }
    return cursor.next == cursor.end;
}

/* Start of the text for a message: printable, cut. */
static void quote(char *quoted, size_t size, const char *text, size_t n)
{
    size_t i = 0;
    for (; i < n && i + 1 < size; ++i) {
        quoted[i] = text[i];
        if (text[i] < ' ' || text[i] > '~') {
            quoted[i] = '?';
        }
    }
    quoted[i] = '\0';
    if (i < n) {
        memcpy(quoted + size - 4, "...", 4);
    }
}

/* value = +-M * 10^power, canonical. */
static void set_scaled(mpq_t value, const struct decimal *decimal, long power)
{
    const int code = mpz_set_str(mpq_numref(value), decimal->digits, 10);
    REQUIRE(code == 0);
    mpz_t scale;
    mpz_init(scale);
    mpz_ui_pow_ui(scale, 10, (unsigned long)(power < 0 ? -power : power));
    if (power < 0) {
        mpz_set(mpq_denref(value), scale);
        mpq_canonicalize(value);
    } else {
        mpz_mul(mpq_numref(value), mpq_numref(value), scale);
        mpz_set_ui(mpq_denref(value), 1);
    }
    if (decimal->is_negative) {
        mpq_neg(value, value);
    }
    mpz_clear(scale);
}

enum status rational_parse(mpq_t value, const char *text, size_t n,
                           struct error *error)
{
    struct decimal decimal = {0};
    char quoted[48];
    if (!scan_decimal(&decimal, text, n)) {
        quote(quoted, sizeof quoted, text, n);
        error_set(error, "expected a decimal number, found `%s`", quoted);
        return STATUS_BAD_INPUT;
    }
    if (decimal.n_digits == 0) {
        mpq_set_ui(value, 0, 1);
        return STATUS_OK;
    }
    const bool is_short = decimal.n_digits <= MOST_DIGITS &&
                          decimal.n_fraction <= (size_t)2 * MOST_DIGITS;
    const long power =
        is_short ? decimal.exponent - (long)decimal.n_fraction : 0;
    if (!is_short || power < -MOST_DIGITS ||
        (long)decimal.n_digits + power > MOST_DIGITS) {
        quote(quoted, sizeof quoted, text, n);
        error_set(error, "number `%s` needs more than %d decimal digits",
                  quoted, (int)MOST_DIGITS);
        return STATUS_BAD_INPUT;
    }
    set_scaled(value, &decimal, power);
    return STATUS_OK;
}

void rational_set_double(mpq_t value, double x)
{
    REQUIRE(isfinite(x));
    mpq_set_d(value, x);
}

/* Sign of value - x; x may be infinite. */
static int compare_double(const mpq_t value, double x)
{
    if (!isfinite(x)) {
        return x > 0.0 ? -1 : 1;
    }
    mpq_t exact;
    mpq_init(exact);
    mpq_set_d(exact, x);
    const int sign = mpq_cmp(value, exact);
    mpq_clear(exact);
    return sign;
}

/* mpq_get_d rounds towards zero, to an infinity beyond the finite doubles. So
 * it is the result itself or one step inside of it. */
double rational_down(const mpq_t value)
{
    double x = mpq_get_d(value);
    while (compare_double(value, x) < 0) {
        x = nextafter(x, -HUGE_VAL);
    }
    return x + 0.0; /* never -0.0 */
}

double rational_up(const mpq_t value)
{
    double x = mpq_get_d(value);
    while (compare_double(value, x) > 0) {
        x = nextafter(x, HUGE_VAL);
    }
    return x + 0.0; /* never -0.0 */
}

/* The float32 grid is part of the double grid, so rounding twice in the same
 * direction is rounding once. */
float rational_down_f32(const mpq_t value)
{
    const double x = rational_down(value);
    if (x >= (double)FLT_MAX) {
        return FLT_MAX;
    }
    if (x < -(double)FLT_MAX) {
        return -HUGE_VALF;
    }
    const float nearest = (float)x;
    const bool is_above = (double)nearest > x;
    return (is_above ? nextafterf(nearest, -HUGE_VALF) : nearest) + 0.0F;
}

float rational_up_f32(const mpq_t value)
{
    const double x = rational_up(value);
    if (x <= -(double)FLT_MAX) {
        return -FLT_MAX;
    }
    if (x > (double)FLT_MAX) {
        return HUGE_VALF;
    }
    const float nearest = (float)x;
    const bool is_below = (double)nearest < x;
    return (is_below ? nextafterf(nearest, HUGE_VALF) : nearest) + 0.0F;
}

double rational_near(const mpq_t value)
{
    return mpq_get_d(value);
}

/*
 * The reals that read back as x > 0 under round to nearest, ties to even:
 *   lower <= q <= upper, ends excluded when the last bit of x is odd.
 */
struct rounding_cell {
    mpq_t lower;
    mpq_t upper;
    bool has_ends;
};

static void cell_init(struct rounding_cell *cell, double x)
{
    mpq_t exact;
    mpq_t neighbour;
    mpq_init(exact);
    mpq_init(neighbour);
    mpq_init(cell->lower);
    mpq_init(cell->upper);
    mpq_set_d(exact, x);
    mpq_set_d(neighbour, nextafter(x, 0.0));
    mpq_add(cell->lower, exact, neighbour);
    mpq_div_2exp(cell->lower, cell->lower, 1);
    const double next = nextafter(x, HUGE_VAL);
    if (isfinite(next)) {
        mpq_set_d(neighbour, next);
        mpq_add(cell->upper, exact, neighbour);
        mpq_div_2exp(cell->upper, cell->upper, 1);
    } else { /* as if the binade went on: x + (x - lower) */
        mpq_add(cell->upper, exact, exact);
        mpq_sub(cell->upper, cell->upper, cell->lower);
    }
    uint64_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    cell->has_ends = bits % 2 == 0;
    mpq_clear(neighbour);
    mpq_clear(exact);
}

static void cell_clear(struct rounding_cell *cell)
{
    mpq_clear(cell->upper);
    mpq_clear(cell->lower);
}

static bool cell_holds(const struct rounding_cell *cell, const mpq_t q)
{
    const int from_lower = mpq_cmp(q, cell->lower);
    const int from_upper = mpq_cmp(q, cell->upper);
    return cell->has_ends ? from_lower >= 0 && from_upper <= 0
                          : from_lower > 0 && from_upper < 0;
}

/* %.*g, with '.' in place of whatever the locale puts there. */
static void print_digits(char text[PRINT_BYTES], double x, int n_digits)
{
    char local[2 * PRINT_BYTES];
    (void)snprintf(local, sizeof local, "%.*g", n_digits, x);
    size_t n = 0;
    bool is_point = false;
    for (const char *c = local; *c != '\0' && n + 1 < PRINT_BYTES; ++c) {
        const bool is_plain = strchr("0123456789+-e", *c) != NULL;
        if (is_plain || !is_point) {
            text[n++] = *c;
            if (!is_plain) {
                text[n - 1] = '.';
            }
        }
        is_point = !is_plain;
    }
    text[n] = '\0';
}

/* Digits before the point: with fewer, %g would print 100 as 1e+02. Large
 * values keep the short exponent form. */
static int least_digits(double size)
{
    int n = 1;
    double rest = size < 1e7 ? size : 0.0;
    while (rest >= 10.0) {
        rest /= 10.0;
        ++n;
    }
    return n;
}

void rational_print_double(char text[32], double x)
{
    REQUIRE(isfinite(x));
    const double size = fabs(x);
    print_digits(text, x, 1);
    if (!(size > 0.0)) {
        return;
    }
    struct rounding_cell cell;
    cell_init(&cell, size);
    mpq_t read;
    mpq_init(read);
    for (int n_digits = least_digits(size); n_digits <= MOST_PRINT_DIGITS;
         ++n_digits) {
        struct error error = {0};
        print_digits(text, x, n_digits);
        const enum status status =
            rational_parse(read, text, strlen(text), &error);
        REQUIRE(status == STATUS_OK);
        mpq_abs(read, read);
        if (cell_holds(&cell, read)) {
            break;
        }
    }
    mpq_clear(read);
    cell_clear(&cell);
}

char *rational_text(const mpq_t value)
{
    const size_t n = mpz_sizeinbase(mpq_numref(value), 10) +
                     mpz_sizeinbase(mpq_denref(value), 10) + 3;
    char *text = alloc_bytes(n, 1); /* sign, slash and final zero added */
    (void)mpq_get_str(text, 10, value);
    return text;
}
