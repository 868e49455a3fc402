/* Forms of all coordinates, layer by layer, in words.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_ahead.h"

#include "proofs/check/check_fail.h"

#include <string.h>

/*
 * Lanes of a form. In units of 2^e, e that of its coordinate, for all
 * executions of the region and the same s_j of all coordinates, |s_j| <= 1,
 *   |v - c - sum over j of g_j * s_j| <= d,    |c| + sum of |g_j| <= r.    (1)
 * The first vector holds c, g_1 .. g_5, r and d; the others hold the others.
 */
enum { CENTRE = 0, FIRST = 1, SIZE = 6, ERROR = 7, N_FIRST = 5 };

/* Of c, g and d of settled forms; of those of raw ones; how far the products of
 * slopes and forms are below the units of the forms. */
enum { FORM_BITS = 30, RAW_BITS = 61, SLOPE_ROOM = 25 };

/* Ranges beyond settle nothing. */
enum { MOST_RANGE = 1 << 20 };

/* How much larger units are tried where lines do not fit. */
enum { UNIT_STEP = 32 };

/* What rounding down all of c and g costs, in units. */
enum { N_FLOORS = 1 + CHECK_AHEAD_INPUTS };

enum { N_PARTS = 3 };

struct form {
    check_lanes part[N_PARTS];
};

/*
 * The raw forms of an affine row stay as long as the forms of its columns do.
 *   block     of the forms, settled and raw
 *   forms     [n_coordinates]
 *   raw       [n_coordinates]
 *   exponent  [n_coordinates] e, the same in a layer
 *   changed   [n_coordinates] the region in which form or exponent last changed
 *   found     [n_layers] the region in which the raw forms of an affine layer
 *             were last found, 0: they are not known; units: exponents of
 *             find_row then
 *   uses      of check_network_find_uses
 *   region    the number of this one
 *   n_parts   vectors that are not 0 in this region
 *   n_known   layers with forms
 *   is_worth  of the network: false where forms settle nothing
 *   has_all   false: no form can be found beyond these
 */
struct check_ahead {
    const struct check_network *network;
    const struct check_matrix *matrices;
    struct check_kept *kept;
    void *block;
    struct form *forms;
    struct form *raw;
    long *exponent;
    uint64_t *changed;
    uint64_t *found;
    long (*units)[2];
    bool *uses;
    uint64_t region;
    size_t n_parts;
    size_t n_known;
    bool is_worth;
    bool has_inputs;
    bool has_all;
};

struct check_ahead *check_ahead_create(const struct check_network *network,
                                       const struct check_matrix *matrices,
                                       struct check_kept *kept)
{
    struct check_ahead *ahead = check_alloc(1, sizeof *ahead);
    size_t n_neurons = 0;
    for (size_t r = 0; r < network->n_relus; r++) {
        n_neurons += network->layers[network->relu[r]].width;
    }
    ahead->is_worth = n_neurons >= CHECK_AHEAD_NEURONS;
    ahead->network = network;
    ahead->matrices = matrices;
    ahead->kept = kept;
    return ahead;
}

void check_ahead_free(struct check_ahead *ahead)
{
    if (ahead != NULL) {
        check_free(ahead->block);
        check_free(ahead->exponent);
        check_free(ahead->changed);
        check_free(ahead->found);
        check_free(ahead->units);
        check_free(ahead->uses);
        check_free(ahead);
    }
}

void check_ahead_reset(struct check_ahead *ahead)
{
    ahead->region++;
    ahead->n_known = 0;
    ahead->has_inputs = false;
    ahead->has_all = true;
}

/* Room for the forms of all coordinates. */
static void reserve(struct check_ahead *ahead)
{
    const size_t n = ahead->network->n_coordinates;
    const size_t n_layers = ahead->network->n_layers;
    if (ahead->block == NULL) {
        ahead->block = check_alloc(2 * n + 1, sizeof *ahead->forms);
        void *aligned = (char *)ahead->block + sizeof(check_lanes) -
                        (uintptr_t)ahead->block % sizeof(check_lanes);
        ahead->forms = aligned;
        ahead->raw = ahead->forms + n;
        ahead->exponent = check_alloc(n, sizeof *ahead->exponent);
        ahead->changed = check_alloc(n, sizeof *ahead->changed);
        ahead->found = check_alloc(n_layers, sizeof *ahead->found);
        ahead->units = check_alloc(n_layers, sizeof *ahead->units);
        ahead->uses = check_network_find_uses(ahead->network);
    }
}

/* The number of inputs that vary, by more than a unit; too many if an end is
 * too large. */
static size_t count_varying(const struct check_region *region)
{
    size_t n = 0;
    for (size_t i = 0; i < region->n_inputs; i++) {
        const int64_t low = region->ends[2 * i];
        const int64_t high = region->ends[2 * i + 1];
        if (low < -CHECK_MOST_FACT / 4 || high > CHECK_MOST_FACT / 4) {
            return SIZE_MAX;
        }
        n += high - low > 1 ? 1 : 0;
    }
    return n;
}

/* r from c and g. */
static void set_size(struct form *form, size_t n_parts)
{
    int64_t size = 0;
    for (size_t lane = 0; lane < n_parts * CHECK_LANES; lane++) {
        const int64_t x = form->part[lane / CHECK_LANES][lane % CHECK_LANES];
        size += lane == SIZE || lane == ERROR ? 0 : x < 0 ? -x : x;
    }
    form->part[0][SIZE] = size;
}

/* Shifts c and g right, rounded down, and pays for it; r is left behind. */
static void lower(struct form *form, size_t n_parts, long shift)
{
    const long by = shift < 63 ? shift : 63;
    if (by > 0) {
        for (size_t p = 0; p < n_parts; p++) {
            form->part[p] >>= by;
        }
        form->part[0][ERROR] += 1 + N_FLOORS;
    }
}

/* Gives coordinates first .. first + n - 1, whose raw forms are in units of
 * 2^exponent, |c|, |g| and d at most 2^RAW_BITS, units in which these are at
 * most 2^FORM_BITS, or a few units more. */
static void settle(struct check_ahead *ahead, size_t first, size_t n,
                   long exponent)
{
    const size_t size = ahead->n_parts * sizeof(check_lanes);
    check_lanes bits = {0};
    for (size_t v = first; v < first + n; v++) {
        for (size_t p = 0; p < ahead->n_parts; p++) {
            const check_lanes x = ahead->raw[v].part[p];
            bits |= (x ^ (x >> 63)) + ((x < 0) & 1);
        }
    }
    uint64_t all = 0;
    for (size_t lane = 0; lane < CHECK_LANES; lane++) {
        all |= (uint64_t)bits[lane];
    }
    const long excess = check_bit_length(all) - FORM_BITS;
    const long shift = excess > 0 ? excess : 0;
    for (size_t v = first; v < first + n; v++) {
        struct form form;
        memcpy(form.part, ahead->raw[v].part, size);
        lower(&form, ahead->n_parts, shift);
        set_size(&form, ahead->n_parts);
        if (ahead->exponent[v] != exponent + shift ||
            memcmp(form.part, ahead->forms[v].part, size) != 0) {
            memcpy(ahead->forms[v].part, form.part, size);
            ahead->exponent[v] = exponent + shift;
            ahead->changed[v] = ahead->region;
        }
    }
}

/* The forms of the inputs, of which at most CHECK_AHEAD_INPUTS vary. */
static void find_inputs(struct check_ahead *ahead,
                        const struct check_region *region)
{
    const size_t n_layers = ahead->network->n_layers;
    const size_t n_parts = ahead->n_parts;
    size_t n = 0;
    for (size_t i = 0; i < region->n_inputs; i++) {
        struct form *form = &ahead->raw[i];
        const int64_t low = region->ends[2 * i];
        const int64_t high = region->ends[2 * i + 1];
        const int64_t centre = (low + high) >> 1;
        const int64_t radius = high - centre;
        memset(form, 0, sizeof *form);
        form->part[0][CENTRE] = centre;
        if (high - low <= 1) {
            form->part[0][ERROR] = radius;
        } else if (n < N_FIRST) {
            form->part[0][FIRST + n++] = radius;
        } else {
            const size_t lane = CHECK_LANES + n++ - N_FIRST;
            form->part[lane / CHECK_LANES][lane % CHECK_LANES] = radius;
        }
    }
    ahead->n_parts = n <= N_FIRST ? 1 : 2 + (n - N_FIRST - 1) / CHECK_LANES;
    if (ahead->n_parts != n_parts) {
        memset(ahead->found, 0, n_layers * sizeof *ahead->found);
    }
    settle(ahead, 0, region->n_inputs, -(long)region->box_bits);
}

/* The largest exponent of what layer l is computed from; 0 if that is
 * nothing. */
static long find_exponent(const struct check_ahead *ahead, size_t l)
{
    const bool *uses = ahead->uses + (l + 1) * (ahead->network->n_layers + 1);
    bool has_any = false;
    long most = 0;
    for (size_t t = 0; t <= l; t++) {
        if (uses[t]) {
            const size_t first = check_part_first(ahead->network, t);
            const long exponent = ahead->exponent[first];
            most = !has_any || exponent > most ? exponent : most;
            has_any = true;
        }
    }
    return most;
}

/* Entry k of row i of a matrix: its w'. */
static inline int64_t weight_of(const struct check_matrix *matrix,
                                const struct check_layer *layer, size_t i,
                                size_t k)
{
    if (matrix->n_tiles == 0) {
        return matrix->weight[matrix->rows[i].weights + k - layer->start[i]];
    }
    const size_t c = layer->column[k] - matrix->first;
    return matrix->weight[(c / CHECK_TILE * matrix->width + i) * CHECK_TILE +
                          c % CHECK_TILE];
}

/* Adds up the products of weights w' of row i and forms, in units of
 * 2^(exponent + shift) times that of the matrix, exponents[2] both. */
static inline void add_products(check_lanes sum[N_PARTS],
                                const struct check_ahead *ahead,
                                const struct check_layer *layer, size_t i,
                                const long exponents[2], size_t n_parts)
{
    const struct check_matrix *matrix =
        &ahead->matrices[layer - ahead->network->layers];
    const long shift = exponents[1];
    const int64_t rest = matrix->is_rounded ? 1 : 0;
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        const uint32_t c = layer->column[k];
        const int64_t w = weight_of(matrix, layer, i, k);
        const long down = shift + exponents[0] - ahead->exponent[c];
        const long by = down < 63 ? down : 63;
        const check_lanes first = {w, w, w,    w,
                                   w, w, rest, (w < 0 ? -w : w) + rest};
        sum[0] += (ahead->forms[c].part[0] * first) >> by;
        for (size_t p = 1; p < n_parts; p++) {
            sum[p] += (ahead->forms[c].part[p] * w) >> by;
        }
    }
}

/*
 * The form of an affine row, in units of 2^(exponent + matrix->exponent +
 * shift): with w = w' + t, 0 <= t < 1, t = 0 if the matrix is not rounded, and
 * v = f + x, |f| <= r, |x| <= d, the sum of w * v differs from that of w' * f
 * by at most the sum of (|w'| + t) * d + t * r. Each product is rounded down;
 * products of r and d once upward.
 */
CHECK_CLONES static bool find_row(struct check_ahead *ahead,
                                  const struct check_matrix *matrix,
                                  const struct check_layer *layer, size_t i,
                                  const long exponents[2])
{
    const long unit = exponents[0] + matrix->exponent + exponents[1];
    const size_t n = layer->start[i + 1] - layer->start[i];
    struct form *form = &ahead->raw[layer->first + i];
    check_lanes sum[N_PARTS] = {{0}};
    switch (ahead->n_parts) { /* a loop of each length */
    case 1:
        add_products(sum, ahead, layer, i, exponents, 1);
        break;
    case 2:
        add_products(sum, ahead, layer, i, exponents, 2);
        break;
    default:
        add_products(sum, ahead, layer, i, exponents, N_PARTS);
        break;
    }
    int64_t mantissa = 0;
    long last = 0;
    check_split_double(&mantissa, &last, layer->bias[i]);
    check_wide bias = mantissa;
    if (!check_wide_scale(&bias, last - unit, RAW_BITS - 1)) {
        return false;
    }
    memcpy(form->part, sum, sizeof form->part);
    form->part[0][CENTRE] += (int64_t)bias;
    form->part[0][ERROR] +=
        sum[0][SIZE] + (int64_t)(N_FLOORS + 2) * (int64_t)n + 1;
    form->part[0][SIZE] = 0;
    return true;
}

/* True if some column of row i has changed since a region. */
static bool has_changed(const struct check_ahead *ahead,
                        const struct check_layer *layer, size_t i,
                        uint64_t since)
{
    bool has_any = false;
    for (size_t k = layer->start[i]; k < layer->start[i + 1] && !has_any; k++) {
        has_any = ahead->changed[layer->column[k]] > since;
    }
    return has_any;
}

static bool find_affine(struct check_ahead *ahead, size_t l)
{
    const struct check_layer *layer = &ahead->network->layers[l];
    const struct check_matrix *matrix = &ahead->matrices[l];
    size_t most = 0;
    bool has_all = true;
    for (size_t i = 0; i < layer->width; i++) {
        const size_t n = layer->start[i + 1] - layer->start[i];
        most = n > most ? n : most;
    }
    /* Products are at most 2^(FORM_BITS + bits) in size, or a little more, and
     * biases at most 2^(bias_exponent + 2 * bias_bits). */
    const long exponent = find_exponent(ahead, l);
    const long for_sums =
        check_bit_length(most) + 3 + FORM_BITS + matrix->bits - RAW_BITS;
    const long for_bias = matrix->bias_exponent + 2 * matrix->bias_bits -
                          (RAW_BITS - 1) - (exponent + matrix->exponent);
    const long shift = for_bias > for_sums ? for_bias : for_sums;
    const long exponents[2] = {exponent, shift > 0 ? shift : 0};
    const bool is_other =
        ahead->found[l] == 0 ||
        memcmp(ahead->units[l], exponents, sizeof exponents) != 0;
    for (size_t i = 0; i < layer->width && has_all; i++) {
        if (is_other || has_changed(ahead, layer, i, ahead->found[l])) {
            has_all = find_row(ahead, matrix, layer, i, exponents);
        }
    }
    ahead->found[l] = has_all ? ahead->region : 0;
    memcpy(ahead->units[l], exponents, sizeof exponents);
    if (has_all) {
        settle(ahead, layer->first, layer->width,
               exponent + matrix->exponent + exponents[1]);
    }
    return has_all;
}

/* Adds the interval [low, high] * 2^-G to a raw form in units of 2^exponent;
 * false if it is too large. */
static bool add_interval(struct form *form, check_wide low, check_wide high,
                         unsigned fact_bits, long exponent)
{
    const long shift = -(long)fact_bits - exponent;
    check_wide minus = -high;
    if (!check_wide_scale(&low, shift, RAW_BITS - 2) ||
        !check_wide_scale(&minus, shift, RAW_BITS - 2)) {
        return false;
    }
    const check_wide centre = (low - minus) >> 1;
    form->part[0][CENTRE] += (int64_t)centre;
    form->part[0][ERROR] += (int64_t)(-minus - centre);
    return true;
}

/* form += slope * 2^-down times the form of z, in units of 2^exponent, |slope|
 * <= 2^30; what is shifted right in all is not negative. */
static void add_multiple(struct form *form, const struct check_ahead *ahead,
                         uint32_t z, const int64_t slope_down[2], long exponent)
{
    const struct form *from = &ahead->forms[z];
    check_lanes first = from->part[0];
    const int64_t slope = slope_down[0];
    const int64_t size = slope < 0 ? -slope : slope;
    const long down = slope_down[1] + exponent - ahead->exponent[z];
    const long by = down < 63 ? down : 63;
    const int64_t error = first[ERROR];
    first[SIZE] = 0;
    first[ERROR] = 0;
    form->part[0] += (first * slope) >> by;
    for (size_t p = 1; p < ahead->n_parts; p++) {
        form->part[p] += (from->part[p] * slope) >> by;
    }
    form->part[0][ERROR] +=
        ((error * size) >> by) + (by > 0 ? 1 + N_FLOORS : 0);
}

/* y = max(z, 0): between s * z and s * z + t for the upper line's s and t. */
static bool find_relu(struct check_ahead *ahead,
                      const struct check_region *region,
                      const struct check_layer *layer, size_t i, long exponent)
{
    struct form *form = &ahead->raw[layer->first + i];
    const uint32_t z = layer->source[i];
    const struct check_line *line = &region->line[z];
    memset(form, 0, sizeof *form);
    if (line->phase == CHECK_INACTIVE) {
        return true;
    }
    if (line->phase == CHECK_ACTIVE) {
        add_multiple(form, ahead, z, (const int64_t[2]){1, 0}, exponent);
        return true;
    }
    add_multiple(form, ahead, z,
                 (const int64_t[2]){line->slope, region->slope_bits}, exponent);
    return line->has_upper &&
           add_interval(form, 0, line->offset, region->fact_bits, exponent);
}

/* *low and *high receive what slope * z * 2^-shift is at least and at most. */
static bool find_extremes(check_wide *low, check_wide *high,
                          const struct check_region *region, uint32_t z,
                          int64_t slope, long shift)
{
    int64_t fact[2];
    check_region_fact(fact, region, z);
    if (slope != 0 &&
        (fact[0] == CHECK_NO_LOWER || fact[1] == CHECK_NO_UPPER)) {
        return false;
    }
    const check_wide a = slope == 0 ? 0 : (check_wide)slope * fact[0];
    const check_wide b = slope == 0 ? 0 : (check_wide)slope * fact[1];
    check_wide least = a < b ? a : b;
    check_wide minus = a < b ? -b : -a;
    if (!check_wide_scale(&least, -shift, 120) ||
        !check_wide_scale(&minus, -shift, 120)) {
        return false;
    }
    *low = least;
    *high = -minus;
    return true;
}

/* v of a curve, a product or a scale: between parallel lines whose slope is in
 * the middle of those of its lines. */
static bool find_curve(struct check_ahead *ahead,
                       const struct check_region *region,
                       const struct check_layer *layer, size_t i, long unit)
{
    const struct check_word_lines *lines =
        &check_kept_get(ahead->kept, region, layer, i)->words;
    struct form *form = &ahead->raw[layer->first + i];
    const uint32_t *source = layer->source + i;
    const int64_t slope = (lines->slope[0] + lines->slope[1]) >> 1;
    check_wide low[2];
    check_wide high[2];
    memset(form, 0, sizeof *form);
    if (!lines->has[0] || !lines->has[1] ||
        (layer->kind == CHECK_PRODUCT &&
         lines->rest[0][0] != lines->rest[1][0]) ||
        !find_extremes(&low[0], &high[0], region, source[0],
                       lines->slope[0] - slope, lines->shift) ||
        !find_extremes(&low[1], &high[1], region, source[0],
                       lines->slope[1] - slope, lines->shift)) {
        return false;
    }
    add_multiple(form, ahead, source[0],
                 (const int64_t[2]){slope, lines->shift}, unit);
    if (layer->kind == CHECK_PRODUCT) {
        add_multiple(form, ahead, source[layer->width],
                     (const int64_t[2]){lines->rest[0][0], lines->shift}, unit);
    }
    return add_interval(form, low[0] + lines->offset[0],
                        high[1] + lines->offset[1], region->fact_bits, unit);
}

/* The raw forms of a layer that is not affine, in units of 2^unit. */
static bool find_raw(struct check_ahead *ahead,
                     const struct check_region *region,
                     const struct check_layer *layer, long unit)
{
    const bool is_relu = layer->kind == CHECK_RELU;
    bool has_all = true;
    for (size_t i = 0; i < layer->width && has_all; i++) {
        has_all = is_relu ? find_relu(ahead, region, layer, i, unit)
                          : find_curve(ahead, region, layer, i, unit);
    }
    return has_all;
}

/* Layer l, not affine. */
static bool find_neurons(struct check_ahead *ahead,
                         const struct check_region *region, size_t l)
{
    const struct check_layer *layer = &ahead->network->layers[l];
    const bool is_relu = layer->kind == CHECK_RELU;
    if (!is_relu && layer->kind != CHECK_CURVED &&
        layer->kind != CHECK_PRODUCT && layer->kind != CHECK_SCALE) {
        return false;
    }
    long length = CHECK_LEAST_LENGTH;
    for (size_t i = 0; i < layer->width && !is_relu; i++) {
        const long own =
            check_kept_get(ahead->kept, region, layer, i)->words.length;
        length = own > length ? own : length;
    }
    long unit = find_exponent(ahead, l) + (is_relu ? 0 : length - SLOPE_ROOM);
    bool has_all = find_raw(ahead, region, layer, unit);
    if (!has_all) {
        unit += UNIT_STEP;
        has_all = find_raw(ahead, region, layer, unit);
    }
    if (has_all) {
        settle(ahead, layer->first, layer->width, unit);
    }
    return has_all;
}

/* Finds the forms of layers 0 .. l; false if there are none of all. */
static bool find_layers(struct check_ahead *ahead,
                        const struct check_region *region, size_t l)
{
    if (ahead->has_all && !ahead->has_inputs) {
        const size_t n = count_varying(region);
        ahead->has_all = n > 0 && n <= CHECK_AHEAD_INPUTS;
        ahead->has_inputs = true;
        if (ahead->has_all) {
            reserve(ahead);
            find_inputs(ahead, region);
        }
    }
    while (ahead->has_all && ahead->n_known <= l) {
        const size_t next = ahead->n_known;
        ahead->has_all = ahead->network->layers[next].kind == CHECK_AFFINE
                             ? find_affine(ahead, next)
                             : find_neurons(ahead, region, next);
        ahead->n_known += ahead->has_all ? 1 : 0;
    }
    return ahead->n_known > l;
}

bool check_ahead_range(int64_t range[2], struct check_ahead *ahead,
                       const struct check_region *region, uint32_t z)
{
    const struct check_network *network = ahead->network;
    size_t l = network->n_layers;
    while (l > 0 && z < network->layers[l - 1].first) {
        l--;
    }
    if (l == 0 || !find_layers(ahead, region, l - 1)) {
        return false;
    }
    const check_lanes *form = &ahead->forms[z].part[0];
    const int64_t c = (*form)[CENTRE];
    const int64_t radius = (*form)[SIZE] - (c < 0 ? -c : c) + (*form)[ERROR];
    const long shift = ahead->exponent[z] + (long)region->fact_bits;
    check_wide low = (check_wide)c - radius;
    check_wide minus = -((check_wide)c + radius);
    if (!check_wide_scale(&low, shift, 61) ||
        !check_wide_scale(&minus, shift, 61)) {
        return false;
    }
    range[0] = (int64_t)low;
    range[1] = (int64_t)-minus;
    return true;
}

bool check_ahead_settles(int64_t range[2], struct check_ahead *ahead,
                         const struct check_region *region, uint32_t z)
{
    const int64_t *ends = region->ends + 2 * (size_t)z;
    if (!ahead->is_worth || !check_ahead_range(range, ahead, region, z)) {
        return false;
    }
    const check_wide length = (check_wide)range[1] - range[0];
    const check_wide distance = range[0] > -range[1] ? range[0] : -range[1];
    return CHECK_AHEAD_ROOM * distance >= length &&
           range[0] >> region->fact_bits >= -MOST_RANGE &&
           range[1] >> region->fact_bits < MOST_RANGE && range[0] <= ends[1] &&
           ends[0] <= range[1];
}
