/* Upsample and Resize: sums of few elements with exact weights. */
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/build.h"
#include "src/net/build_rows.h"
#include "src/net/exact.h"
#include "src/net/operators.h"
#include "src/net/resample.h"
#include "src/num/rational.h"

#include <string.h>

/* What the attributes say, and the axes of the input. */
struct resize {
    struct resample how;
    const char *policy;
    struct shape out;
    struct resample_axis axes[SHAPE_RANK];
    struct resample_taps *taps[SHAPE_RANK]; /* [n_out]; NULL: not resized */
};

static void resize_start(struct resize *resize, const struct shape *x)
{
    *resize = (struct resize){.out = *x, .policy = "stretch"};
    resize->how.place = RESAMPLE_ASYMMETRIC;
    resize->how.rounding = RESAMPLE_FLOOR;
    resize->how.cubic = -0.75;
    for (size_t d = 0; d < x->n_dims; d++) {
        resize->axes[d].n_in = x->dims[d];
        resize->axes[d].n_out = x->dims[d];
        mpq_init(resize->axes[d].scale);
        mpq_set_ui(resize->axes[d].scale, 1, 1);
    }
}

static void resize_clear(struct resize *resize)
{
    for (size_t d = 0; d < resize->out.n_dims; d++) {
        for (size_t o = 0; resize->taps[d] != NULL && o < resize->axes[d].n_out;
             o++) {
            resample_clear(&resize->taps[d][o]);
        }
        alloc_free(resize->taps[d]);
        mpq_clear(resize->axes[d].scale);
    }
}

/* Position of the attribute's text in the list; `number` if it is absent. */
static enum status read_choice(int *number, struct import *import,
                               const char *name, const char *const *list,
                               size_t n)
{
    const char *given = list[*number];
    IMPORT_TRY(import_string(import, name, &given));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(given, list[i]) == 0) {
            *number = (int)i;
            return STATUS_OK;
        }
    }
    return import_refuse(import, STATUS_UNSUPPORTED, "%s = %s is not supported",
                         name, given);
}

static enum status read_mode(struct resize *resize, struct import *import)
{
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    int number = 0;
    IMPORT_TRY(read_choice(&number, import, "mode", modes, 3));
    resize->how.mode = (enum resample_mode)number;
    return STATUS_OK;
}

/* The attributes since opset 11. */
static enum status read_manner(struct resize *resize, struct import *import)
{
    static const char *const places[] = {
        "half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
        "align_corners", "asymmetric",           "tf_half_pixel_for_nn"};
    static const char *const roundings[] = {
        "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    int place = 0;
    int rounding = 0;
    int64_t is_excluded = 0;
    int64_t is_antialiased = 0;
    IMPORT_TRY(read_choice(&place, import, "coordinate_transformation_mode",
                           places, sizeof places / sizeof places[0]));
    IMPORT_TRY(read_choice(&rounding, import, "nearest_mode", roundings, 4));
    IMPORT_TRY(import_float(import, "cubic_coeff_a", &resize->how.cubic));
    IMPORT_TRY(import_int(import, "exclude_outside", &is_excluded));
    import_ignore(import, "extrapolation_value"); /* of tf_crop_and_resize */
    if (import->opset >= 18) {
        IMPORT_TRY(import_int(import, "antialias", &is_antialiased));
        IMPORT_TRY(
            import_string(import, "keep_aspect_ratio_policy", &resize->policy));
    }
    if (is_antialiased != 0) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "antialias is not supported");
    }
    resize->how.place = (enum resample_place)place;
    resize->how.rounding = (enum resample_rounding)rounding;
    resize->how.is_outside_excluded =
        is_excluded != 0 && resize->how.mode == RESAMPLE_CUBIC;
    return STATUS_OK;
}

/* The axes that scales and sizes are given for, in their order. */
static enum status read_axes(size_t axes[SHAPE_RANK], size_t *n,
                             struct import *import, size_t rank)
{
    const int64_t *given = NULL;
    bool is_used[SHAPE_RANK] = {false};
    *n = rank;
    if (import->opset >= 18) {
        IMPORT_TRY(import_ints(import, "axes", &given, n));
        *n = given == NULL ? rank : *n;
    }
    for (size_t k = 0; k < *n; k++) {
        size_t axis = k;
        if (given != NULL &&
            (!shape_axis(&axis, given[k], rank) || is_used[axis])) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "axis %lld outside rank %zu or given twice",
                                 (long long)given[k], rank);
        }
        is_used[axis] = true;
        axes[k] = axis;
    }
    return STATUS_OK;
}

/* Output size scale * n_in rounded down; false if it is out of range or
 * differs between float32 and exact arithmetic. */
static bool set_scale(struct resample_axis *axis, double scale)
{
    const double size = (double)axis->n_in * scale;
    if (!(size >= 1.0 && size <= (double)SHAPE_ELEMENTS) ||
        !is_equal(floor(size), floor((double)(float)size))) {
        return false;
    }
    axis->n_out = (size_t)size;
    rational_set_double(axis->scale, scale);
    return true;
}

static bool set_size(struct resample_axis *axis, double size)
{
    if (!(size >= 1.0 && size <= (double)SHAPE_ELEMENTS) || axis->n_in == 0) {
        return false;
    }
    axis->n_out = (size_t)size;
    mpq_set_ui(axis->scale, (unsigned long)axis->n_out,
               (unsigned long)axis->n_in);
    mpq_canonicalize(axis->scale);
    return true;
}

/* One scale for all axes: the least or the greatest of theirs; sizes are
 * rounded to the nearest integer, halves up. */
static enum status keep_aspect(struct resize *resize, struct import *import,
                               const size_t *axes, size_t n)
{
    const bool is_least = strcmp(resize->policy, "not_larger") == 0;
    if (!is_least && strcmp(resize->policy, "not_smaller") != 0) {
        return strcmp(resize->policy, "stretch") == 0
                   ? STATUS_OK
                   : import_refuse(import, STATUS_BAD_INPUT, "policy %s",
                                   resize->policy);
    }
    const struct resample_axis *best = &resize->axes[axes[0]];
    for (size_t k = 1; k < n; k++) {
        const struct resample_axis *axis = &resize->axes[axes[k]];
        const int order = mpq_cmp(axis->scale, best->scale);
        best = (is_least ? order < 0 : order > 0) ? axis : best;
    }
    for (size_t k = 0; k < n; k++) {
        struct resample_axis *axis = &resize->axes[axes[k]];
        mpq_set(axis->scale, best->scale);
        const double size =
            floor((double)axis->n_in * mpq_get_d(axis->scale) + 0.5);
        if (!(size >= 1.0 && size <= (double)SHAPE_ELEMENTS)) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "a size is out of range");
        }
        axis->n_out = (size_t)size;
    }
    return STATUS_OK;
}

/* Scales (input i) or sizes (input i + 1). */
static enum status read_sizes(struct resize *resize, struct import *import,
                              size_t i)
{
    const struct tensor *scales = import_input(import, i);
    const bool has_scales = scales != NULL && scales->n > 0;
    const struct tensor *given = import_input(import, has_scales ? i : i + 1);
    size_t axes[SHAPE_RANK] = {0};
    size_t n = 0;
    IMPORT_TRY(read_axes(axes, &n, import, resize->out.n_dims));
    if (given == NULL || !given->is_constant || given->n != n || n == 0) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "scales and sizes are computed or do not fit");
    }
    double *values = build_read(import, given);
    bool is_fine = true;
    for (size_t k = 0; k < n && is_fine; k++) {
        struct resample_axis *axis = &resize->axes[axes[k]];
        is_fine =
            has_scales ? set_scale(axis, values[k]) : set_size(axis, values[k]);
    }
    alloc_free(values);
    if (!is_fine) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "a size is out of range or depends on rounding");
    }
    return has_scales ? STATUS_OK : keep_aspect(resize, import, axes, n);
}

/* The taps of all places of axis d. */
static enum status set_axis_taps(struct resize *resize, struct import *import,
                                 size_t d)
{
    const struct resample_axis *axis = &resize->axes[d];
    if (axis->n_out > TERMS / RESAMPLE_TAPS) {
        return import_refuse(import, STATUS_UNSUPPORTED, "output too large");
    }
    NEW_ARRAY(resize->taps[d], axis->n_out);
    for (size_t o = 0; o < axis->n_out; o++) {
        IMPORT_TRY(
            resample_place(&resize->taps[d][o], import, &resize->how, axis, o));
    }
    return STATUS_OK;
}

static bool is_resized(const struct resample_axis *axis)
{
    return mpq_cmp_ui(axis->scale, 1, 1) != 0 || axis->n_in != axis->n_out;
}

/* The taps of all axes that change; the number of them for one output. */
static enum status set_taps(struct resize *resize, struct import *import,
                            size_t *n_taps)
{
    const bool is_single = resize->how.mode == RESAMPLE_NEAREST;
    *n_taps = 1;
    for (size_t d = 0; d < resize->out.n_dims; d++) {
        const struct resample_axis *axis = &resize->axes[d];
        resize->out.dims[d] = axis->n_out;
        if (!is_resized(axis)) {
            continue;
        }
        *n_taps *= is_single ? 1 : RESAMPLE_TAPS;
        IMPORT_TRY(set_axis_taps(resize, import, d));
    }
    return STATUS_OK;
}

static enum status check_size(struct import *import, const struct shape *out,
                              size_t n_taps)
{
    const size_t n = shape_count(out);
    return n > 0 && n <= TERMS / n_taps
               ? STATUS_OK
               : import_refuse(import, STATUS_UNSUPPORTED,
                               "output is empty or too large");
}

/* Tap k of output i: the element of the input, and its weight. False if there
 * are fewer taps along an axis; k counts in base RESAMPLE_TAPS. */
static bool get_tap(size_t *element, mpq_t weight, const struct resize *resize,
                    size_t i, size_t k)
{
    size_t step = 1;
    *element = 0;
    mpq_set_ui(weight, 1, 1);
    for (size_t d = resize->out.n_dims; d-- > 0;) {
        const struct resample_axis *axis = &resize->axes[d];
        REQUIRE(axis->n_out > 0);
        size_t at = i % axis->n_out;
        i /= axis->n_out;
        if (resize->taps[d] != NULL) {
            const struct resample_taps *taps = &resize->taps[d][at];
            const size_t tap =
                resize->how.mode == RESAMPLE_NEAREST ? 0 : k % RESAMPLE_TAPS;
            k /= RESAMPLE_TAPS;
            if (tap >= taps->n) {
                return false;
            }
            at = taps->index[tap];
            mpq_mul(weight, weight, taps->weight[tap]);
        }
        *element += at * step;
        step *= axis->n_in;
    }
    return true;
}

static enum status import_nearest(struct import *import,
                                  const struct resize *resize)
{
    const struct tensor *x = import_input(import, 0);
    const size_t n = shape_count(&resize->out);
    uint32_t *map = NULL;
    mpq_t weight;
    mpq_init(weight);
    NEW_ARRAY(map, n);
    for (size_t i = 0; i < n; i++) {
        size_t element = 0;
        (void)get_tap(&element, weight, resize, i, 0);
        map[i] = (uint32_t)element;
    }
    mpq_clear(weight);
    return build_output(import, 0, x->type,
                        build_map(import, &resize->out, &x, 1, map));
}

/* Rows of integer weights over a common divisor. */
struct blend {
    struct matrix matrix;
    double *divisor;
};

/* Row i; `weights` has room for all taps. False if numbers of 53 bits do not
 * hold it. */
static bool set_row(struct blend *blend, const struct resize *resize, size_t i,
                    size_t n_taps, mpq_t *weights)
{
    struct matrix *matrix = &blend->matrix;
    const size_t first = matrix->start[i];
    size_t n = 0;
    mpz_t common;
    mpz_init_set_ui(common, 1);
    for (size_t k = 0; k < n_taps; k++) {
        size_t element = 0;
        if (get_tap(&element, weights[n], resize, i, k)) {
            matrix->column[first + n] = (uint32_t)element;
            mpz_lcm(common, common, mpq_denref(weights[n]));
            n++;
        }
    }
    matrix->start[i + 1] = first + n;
    bool is_exact = mpz_sizeinbase(common, 2) <= 53;
    blend->divisor[i] = mpz_get_d(common);
    for (size_t k = 0; k < n; k++) {
        mpz_mul(mpq_numref(weights[k]), mpq_numref(weights[k]), common);
        mpz_divexact(mpq_numref(weights[k]), mpq_numref(weights[k]),
                     mpq_denref(weights[k]));
        is_exact = is_exact && mpz_sizeinbase(mpq_numref(weights[k]), 2) <= 53;
        matrix->value[first + k] = mpz_get_d(mpq_numref(weights[k]));
    }
    mpz_clear(common);
    return is_exact;
}

/* Divisors that are powers of two go into the weights; NULL if all did. */
static double *divide_exactly(struct blend *blend, size_t n)
{
    bool is_needed = false;
    for (size_t i = 0; i < n; i++) {
        if (!is_power_of_two(blend->divisor[i])) {
            is_needed = true;
            continue;
        }
        for (size_t k = blend->matrix.start[i]; k < blend->matrix.start[i + 1];
             k++) {
            blend->matrix.value[k] /= blend->divisor[i];
        }
        blend->divisor[i] = 1.0;
    }
    if (!is_needed) {
        alloc_free(blend->divisor);
        return NULL;
    }
    return blend->divisor;
}

static enum status import_blend(struct import *import,
                                const struct resize *resize, size_t n_taps)
{
    const struct tensor *x = import_input(import, 0);
    const size_t n = shape_count(&resize->out);
    struct blend blend = {.matrix = {.n_rows = n, .n_cols = x->n}};
    mpq_t *weights = rational_create(n_taps + 1);
    bool is_exact = true;
    NEW_ARRAY(blend.divisor, n);
    NEW_ARRAY(blend.matrix.start, n + 1);
    NEW_ARRAY(blend.matrix.column, n * n_taps);
    NEW_ARRAY(blend.matrix.value, n * n_taps);
    for (size_t i = 0; i < n && is_exact; i++) {
        is_exact = set_row(&blend, resize, i, n_taps, weights);
    }
    rational_destroy(weights, n_taps + 1);
    if (!is_exact) {
        alloc_free(blend.divisor);
        matrix_clear(&blend.matrix);
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "weights are no quotients of 53-bit integers");
    }
    double *divisor = divide_exactly(&blend, n);
    const struct tensor *y =
        build_matrix(import, &resize->out, x, &blend.matrix);
    if (divisor != NULL) {
        y = build_divided(import, y, divisor);
    }
    return build_output(import, 0, x->type, y);
}

/* Sizes and attributes are read. */
static enum status import_resized(struct import *import, struct resize *resize)
{
    size_t n_taps = 1;
    IMPORT_TRY(set_taps(resize, import, &n_taps));
    IMPORT_TRY(check_size(import, &resize->out, n_taps));
    if (resize->how.mode == RESAMPLE_NEAREST) {
        return import_nearest(import, resize);
    }
    IMPORT_TRY(import_check_real(import));
    return import_blend(import, resize, n_taps);
}

enum status op_import_upsample(struct import *import)
{
    enum status status = STATUS_OK;
    struct resize resize = {0};
    STATUS_TRY(import_arity(import, 2, 2, 1));
    resize_start(&resize, &import_input(import, 0)->shape);
    STATUS_TRY(read_mode(&resize, import));
    STATUS_TRY(read_sizes(&resize, import, 1));
    STATUS_TRY(import_resized(import, &resize));
cleanup:
    resize_clear(&resize);
    return status;
}

enum status op_import_resize(struct import *import)
{
    enum status status = STATUS_OK;
    struct resize resize = {0};
    STATUS_TRY(import_arity(import, import->opset < 11 ? 2 : 1,
                            import->opset < 11 ? 2 : 4, 1));
    resize_start(&resize, &import_input(import, 0)->shape);
    STATUS_TRY(read_mode(&resize, import));
    if (import->opset >= 11) {
        STATUS_TRY(read_manner(&resize, import));
    }
    STATUS_TRY(read_sizes(&resize, import, import->opset < 11 ? 1 : 2));
    STATUS_TRY(import_resized(import, &resize));
cleanup:
    resize_clear(&resize);
    return status;
}
