/* Block reads of stored constants; counting and filling of matrices. */
#include "src/net/constant.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/exact.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 4096 };

bool constant_is_real_type(int type)
{
    return type == MODEL_FLOAT || type == MODEL_DOUBLE ||
           type == MODEL_FLOAT16 || type == MODEL_BFLOAT16;
}

bool constant_is_integer_type(int type)
{
    switch (type) {
    case MODEL_UINT8:
    case MODEL_INT8:
    case MODEL_UINT16:
    case MODEL_INT16:
    case MODEL_INT32:
    case MODEL_INT64:
    case MODEL_BOOL:
    case MODEL_UINT32:
    case MODEL_UINT64:
        return true;
    default:
        return false;
    }
}

/* Little-endian number of 1 to 8 bytes. */
static uint64_t read_bytes(const unsigned char *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

static void read_floats(double *out, const unsigned char *raw, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits =
            (uint32_t)raw[4 * i] | (uint32_t)raw[4 * i + 1] << 8 |
            (uint32_t)raw[4 * i + 2] << 16 | (uint32_t)raw[4 * i + 3] << 24;
        float value = 0.0F;
        memcpy(&value, &bits, sizeof value);
        out[i] = (double)value;
    }
}

static void read_doubles(double *out, const unsigned char *raw, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t bits = read_bytes(raw + 8 * i, 8);
        memcpy(&out[i], &bits, sizeof out[i]);
    }
}

/* binary16: sign, 5 bits of exponent, 10 of fraction. */
static double read_half(unsigned bits)
{
    const unsigned exponent = bits >> 10 & 31U;
    const double fraction = (double)(bits & 1023U);
    const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
    if (exponent == 31) {
        return (bits & 1023U) != 0 ? (double)NAN : sign * HUGE_VAL;
    }
    return sign * (exponent == 0
                       ? ldexp(fraction, -24)
                       : ldexp(1024.0 + fraction, (int)exponent - 25));
}

/* bfloat16: the upper half of a float32. */
static double read_brain(unsigned bits)
{
    const uint32_t wide = (uint32_t)bits << 16;
    float value = 0.0F;
    memcpy(&value, &wide, sizeof value);
    return (double)value;
}

/* Numbers of 16 bits, raw or in int32_data. */
static void read_short_reals(double *out, const struct model_tensor *stored,
                             size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned bits =
            stored->raw != NULL
                ? (unsigned)read_bytes(stored->raw + 2 * (first + i), 2)
                : (unsigned)stored->int32s[first + i];
        out[i] =
            stored->type == MODEL_FLOAT16 ? read_half(bits) : read_brain(bits);
    }
}

void constant_read_reals(double *out, const struct constant *constant,
                         size_t first, size_t count)
{
    const struct model_tensor *stored = constant->stored;
    if (count == 0) {
        return;
    }
    if (constant->reals != NULL) {
        memcpy(out, constant->reals + first, count * sizeof *out);
        return;
    }
    REQUIRE(stored != NULL);
    if (stored->type == MODEL_FLOAT16 || stored->type == MODEL_BFLOAT16) {
        read_short_reals(out, stored, first, count);
    } else if (stored->raw != NULL && stored->type == MODEL_FLOAT) {
        read_floats(out, stored->raw + 4 * first, count);
    } else if (stored->raw != NULL) {
        read_doubles(out, stored->raw + 8 * first, count);
    } else if (stored->floats != NULL) {
        for (size_t i = 0; i < count; i++) {
            out[i] = (double)stored->floats[first + i];
        }
    } else {
        REQUIRE(stored->doubles != NULL);
        memcpy(out, stored->doubles + first, count * sizeof *out);
    }
}

/* Two's complement of the low 8*n bits. */
static int64_t sign_extend(uint64_t value, size_t n)
{
    const uint64_t sign = UINT64_C(1) << (8 * n - 1);
    const uint64_t bits = (value ^ sign) - sign;
    int64_t result = 0;
    memcpy(&result, &bits, sizeof result);
    return result;
}

static int64_t clamp(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static int64_t read_raw_integer(const struct model_tensor *stored, size_t i)
{
    switch (stored->type) {
    case MODEL_UINT8:
    case MODEL_BOOL:
        return stored->raw[i];
    case MODEL_INT8:
        return sign_extend(stored->raw[i], 1);
    case MODEL_UINT16:
        return clamp(read_bytes(stored->raw + 2 * i, 2));
    case MODEL_INT16:
        return sign_extend(read_bytes(stored->raw + 2 * i, 2), 2);
    case MODEL_UINT32:
        return clamp(read_bytes(stored->raw + 4 * i, 4));
    case MODEL_INT32:
        return sign_extend(read_bytes(stored->raw + 4 * i, 4), 4);
    case MODEL_UINT64:
        return clamp(read_bytes(stored->raw + 8 * i, 8));
    default:
        REQUIRE(stored->type == MODEL_INT64);
        return sign_extend(read_bytes(stored->raw + 8 * i, 8), 8);
    }
}

void constant_read_integers(int64_t *out, const struct constant *constant,
                            size_t first, size_t count)
{
    const struct model_tensor *stored = constant->stored;
    for (size_t i = 0; i < count; i++) {
        if (constant->integers != NULL) {
            out[i] = constant->integers[first + i];
        } else if (stored->raw != NULL) {
            out[i] = read_raw_integer(stored, first + i);
        } else if (stored->int32s != NULL) {
            out[i] = stored->int32s[first + i];
        } else if (stored->int64s != NULL) {
            out[i] = stored->int64s[first + i];
        } else {
            out[i] = clamp(stored->uint64s[first + i]);
        }
    }
}

bool constant_is_finite(const struct constant *constant, size_t n)
{
    double block[BLOCK];
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t count = n - first < BLOCK ? n - first : BLOCK;
        double sum = 0.0;
        constant_read_reals(block, constant, first, count);
        for (size_t i = 0; i < count; i++) {
            sum += 0.0 * block[i];
        }
        if (!is_zero(sum)) {
            return false;
        }
    }
    return true;
}

/* Pass one: start[r + 1] = non-zeros in row r of the result. */
static void count_entries(size_t *start, const struct constant *constant,
                          size_t n_rows, size_t n_cols,
                          enum constant_order order)
{
    double *row = NULL;
    NEW_ARRAY(row, n_cols);
    for (size_t r = 0; r < n_rows; r++) {
        constant_read_reals(row, constant, r * n_cols, n_cols);
        for (size_t c = 0; c < n_cols; c++) {
            if (!is_zero(row[c])) {
                start[(order == CONSTANT_AS_STORED ? r : c) + 1]++;
            }
        }
    }
    alloc_free(row);
}

/* Pass two into CSR; next[] holds the next free entry of each row. */
static void fill_csr(struct matrix *matrix, size_t *next,
                     const struct constant *constant, enum constant_order order)
{
    const bool is_transposed = order == CONSTANT_TRANSPOSED;
    const size_t n_rows = is_transposed ? matrix->n_cols : matrix->n_rows;
    const size_t n_cols = is_transposed ? matrix->n_rows : matrix->n_cols;
    double *row = NULL;
    NEW_ARRAY(row, n_cols);
    for (size_t r = 0; r < n_rows; r++) {
        constant_read_reals(row, constant, r * n_cols, n_cols);
        for (size_t c = 0; c < n_cols; c++) {
            if (!is_zero(row[c])) {
                const size_t at = next[is_transposed ? c : r]++;
                matrix->column[at] = (uint32_t)(is_transposed ? r : c);
                matrix->value[at] = row[c];
            }
        }
    }
    alloc_free(row);
}

/* Pass two into the dense form. */
static void fill_dense(struct matrix *matrix, const struct constant *constant,
                       size_t n_rows, size_t n_cols, enum constant_order order)
{
    NEW_ALIGNED(matrix->dense, n_rows * n_cols);
    if (order == CONSTANT_AS_STORED) {
        constant_read_reals(matrix->dense, constant, 0, n_rows * n_cols);
        return;
    }
    double *row = NULL;
    NEW_ARRAY(row, n_cols);
    for (size_t r = 0; r < n_rows; r++) {
        constant_read_reals(row, constant, r * n_cols, n_cols);
        for (size_t c = 0; c < n_cols; c++) {
            matrix->dense[c * n_rows + r] = row[c];
        }
    }
    alloc_free(row);
}

void constant_to_matrix(struct matrix *matrix, const struct constant *constant,
                        size_t n_rows, size_t n_cols, enum constant_order order)
{
    const bool is_stored = order == CONSTANT_AS_STORED;
    *matrix = (struct matrix){.n_rows = is_stored ? n_rows : n_cols,
                              .n_cols = is_stored ? n_cols : n_rows};
    size_t *start = NULL;
    NEW_ARRAY(start, matrix->n_rows + 1);
    if (n_rows * n_cols > 4096) {
        count_entries(start, constant, n_rows, n_cols, order);
    }
    for (size_t r = 0; r < matrix->n_rows; r++) {
        start[r + 1] += start[r];
    }
    const size_t n_entries = start[matrix->n_rows];
    if (n_rows * n_cols <= 4096 || n_entries >= n_rows * n_cols / 4) {
        alloc_free(start);
        fill_dense(matrix, constant, n_rows, n_cols, order);
        return;
    }
    size_t *next = NULL;
    NEW_ARRAY(next, matrix->n_rows + 1);
    memcpy(next, start, (matrix->n_rows + 1) * sizeof *next);
    NEW_ARRAY(matrix->column, n_entries);
    NEW_ARRAY(matrix->value, n_entries);
    matrix->start = start;
    fill_csr(matrix, next, constant, order);
    alloc_free(next);
}

void constant_clear(struct constant *constant)
{
    alloc_free(constant->reals);
    alloc_free(constant->integers);
    *constant = (struct constant){0};
}
