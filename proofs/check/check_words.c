/* Coefficients of all lanes, layer by layer.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_words.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_lanes.h"
#include "proofs/check/check_matrix.h"

#include <string.h>

/* Of slopes; of the parts and the whole of intercepts
 * and errors; and the neurons after which sums of intercepts are carried: those
 * of one limb are at most 2^(31 + 20 + 10). */
enum {
    SLOPE_BITS = 16,
    LIMB_BITS = 20,
    OFFSET_BITS = 3 * LIMB_BITS,
    BLOCK = 1024,
    MOST_COORDINATES = 1 << 24
};

/*
 * coefficients . v + sums <= goals. Part 0 are the inputs, part p the
 * coordinates of layer p - 1; those outside of a part's window have
 * coefficient 0.
 *   own, matrices  [n_layers] of affine layers; matrices may be another's
 *   uses      [p * n_parts + t] part p is computed from part t
 *   only      [p] the only part that part p is computed from; n_parts: several
 *   q         [n_coordinates]
 *   sum       [n_coordinates] what one layer adds; 0 between layers
 *   x, row    [n_coordinates] scratch: the rows that are not 0, x[k] times row
 *             row[k]
 *   column    [n_coordinates + CHECK_TILE] scratch: columns that are needed
 */
struct check_lanes_state {
    const struct check_network *network;
    size_t n_parts;
    struct check_matrix *own;
    const struct check_matrix *matrices;
    struct check_part *parts;
    bool *uses;
    size_t *only;
    bool use_slopes;
    void *block; /* of the vectors */
    check_lanes *q;
    check_lanes *sum;
    check_lanes *x;
    uint32_t *row;
    uint32_t *column;
};

/* The first coordinate of part p; of the part n_parts, their number. */
static size_t part_first(const struct check_network *network, size_t p)
{
    return p > network->n_layers ? network->n_coordinates
           : p == 0              ? 0
                                 : network->layers[p - 1].first;
}

/* The part of a coordinate. */
static size_t find_part(const struct check_network *network, size_t coordinate)
{
    size_t p = network->n_layers;
    while (coordinate < part_first(network, p)) {
        p--;
    }
    return p;
}

void check_words_init(struct check_words *words,
                      const struct check_network *network,
                      const struct check_words *shared)
{
    struct check_lanes_state *state = check_alloc(1, sizeof *state);
    const size_t n = network->n_coordinates;
    if (n > MOST_COORDINATES) {
        check_unsupported("more than %d coordinates", MOST_COORDINATES);
    }
    words->state = state;
    state->network = network;
    state->n_parts = network->n_layers + 1;
    state->own = check_alloc(network->n_layers, sizeof *state->own);
    state->matrices = shared != NULL ? shared->state->matrices : state->own;
    state->parts = check_alloc(state->n_parts + 1, sizeof *state->parts);
    state->uses = check_alloc(state->n_parts, state->n_parts);
    state->only = check_alloc(state->n_parts, sizeof *state->only);
    /* Rows come in pairs. */
    state->block = check_alloc(3 * n + 2, sizeof *state->q);
    state->row = check_alloc(n + 1, sizeof *state->row);
    state->column = check_alloc(n + CHECK_TILE, sizeof *state->column);
    void *aligned = (char *)state->block + sizeof *state->q -
                    (uintptr_t)state->block % sizeof *state->q;
    state->q = aligned;
    state->x = state->q + n;
    state->sum = state->x + n + 1;
    for (size_t p = 1; p < state->n_parts; p++) {
        const struct check_layer *layer = &network->layers[p - 1];
        const bool is_affine = layer->kind == CHECK_AFFINE;
        const uint32_t *below = is_affine ? layer->column : layer->source;
        const size_t end =
            is_affine ? layer->start[layer->width] : layer->width;
        for (size_t k = 0; k < end; k++) {
            const size_t t = find_part(network, below[k]);
            state->uses[p * state->n_parts + t] = true;
            state->only[p] = k == 0 || t == state->only[p] ? t : state->n_parts;
        }
        if (is_affine && shared == NULL) {
            check_matrix_init(&state->own[p - 1], layer);
        }
    }
}

void check_words_clear(struct check_words *words)
{
    for (size_t l = 0; l < words->state->network->n_layers; l++) {
        check_matrix_clear(&words->state->own[l]);
    }
    check_free(words->state->own);
    check_free(words->state->parts);
    check_free(words->state->uses);
    check_free(words->state->only);
    check_free(words->state->block);
    check_free(words->state->row);
    check_free(words->state->column);
    check_free(words->state);
}

/* sums[r] += value * 2^exponent, rounded down, for |value| <= 2^126; kills the
 * lane instead of overflowing. */
static inline void add_to_sum(struct check_words *words, size_t r,
                              check_wide value, long exponent)
{
    const check_wide most = (check_wide)1 << 125;
    const long shift = exponent + CHECK_SUM_BITS;
    if (shift > 0 && !check_wide_scale(&value, shift, 125)) {
        words->is_dead[r] = true;
        return;
    }
    value >>= shift > 0 ? 0 : shift < -127 ? 127 : -shift;
    words->sums[r] += value; /* at most 2^125 before */
    if (words->sums[r] < -most || words->sums[r] > most) {
        words->is_dead[r] = true;
        words->sums[r] = 0;
    }
}

/* Reads the words one by one: x is in memory. */
static inline bool is_zero(const check_lanes *x)
{
    int64_t any = 0;
    for (size_t r = 0; r < CHECK_LANES; r++) {
        any |= (*x)[r];
    }
    return any == 0;
}

/* Adds sum - above of the coordinates of a window in part p; exponent, bits and
 * units of the sums in `from`. */
CHECK_CLONES static void add_to_part(struct check_lanes_state *state, size_t p,
                                     const struct check_part *from,
                                     const check_lanes *above)
{
    struct check_part *part = &state->parts[p];
    check_lanes shift[4];
    if (part->low == part->end) {
        *part = *from;
        check_lanes_move(state->q + from->low, state->sum + from->low,
                         from->end - from->low, &part->bits, above);
        return;
    }
    struct check_part added = *from;
    check_part_align(part, &added, shift);
    check_part_widen(part, state->q, from->low, from->end);
    part->units += added.units;
    part->bits ^= part->bits;
    const size_t ends[4] = {part->low, from->low, from->end, part->end};
    const check_lanes nothing = {0};
    for (size_t i = 0; i < 3; i++) {
        check_lanes_add(state->q + ends[i], state->sum + ends[i],
                        ends[i + 1] - ends[i], &part->bits, shift,
                        i == 1 ? above : &nothing);
    }
}

/*
 * One pass over the coefficients of a layer: the window and lanes of what it
 * adds to sum; and
 *   shift     of the coefficients before
 *   constant  [0] + [1] * 2^n + [2] * 2^2n: sum of coefficients times biases or
 *             intercepts, less what rounding costs, in units that the pass knows
 *   above     what is subtracted from all sums
 *   to        sum; or q, if only an empty part is added to
 *   bits      of what was written to q
 *   is_missing  not 0: some number was too long, or no upper line
 */
struct pass {
    struct check_part from;
    check_lanes shift[2];
    check_lanes constant[3];
    check_lanes above;
    check_lanes *to;
    check_lanes bits;
    check_lanes is_missing;
};

/* The coefficient of z, from that of max(z, 0) of an unstable neuron whose
 * lower line has slope lower * 2^-SLOPE_BITS: in place. */
static inline void apply_line(check_lanes *x, check_lanes constant[3],
                              check_lanes *is_missing,
                              const struct check_line *line, int64_t lower,
                              int64_t upper)
{
    const int64_t most = (int64_t)1 << OFFSET_BITS;
    const check_lanes negative = *x >> 63;
    const check_lanes down = *x & negative;
    const check_lanes product = (*x & ~negative) * lower + down * upper;
    const check_lanes is_inexact = (product & ((1 << SLOPE_BITS) - 1)) != 0;
    if (line->has_upper && line->offset < most) {
        const int64_t limb = (1 << LIMB_BITS) - 1;
        constant[0] += down * (line->offset & limb);
        constant[1] += down * (line->offset >> LIMB_BITS & limb);
        constant[2] += down * (line->offset >> 2 * LIMB_BITS);
    } else {
        *is_missing |= negative;
    }
    if (line->error < most) {
        constant[1] -= is_inexact & ((line->error >> LIMB_BITS) + 1);
    } else {
        *is_missing |= is_inexact;
    }
    *x = (product + (line->is_rounded_up ? (1 << SLOPE_BITS) - 1 : 0)) >>
         SLOPE_BITS;
}

/* Adds sum - above to the parts that part p is computed from. */
CHECK_CLONES static void flush(struct check_lanes_state *state, size_t p,
                               struct pass *pass)
{
    struct check_part *from = &pass->from;
    const size_t low = from->low;
    const size_t end = from->end;
    from->bits =
        CHECK_USED(&state->parts[p]) & (((int64_t)1 << CHECK_MERGED_BITS) - 1);
    for (size_t t = 0; t < p; t++) {
        const size_t first = part_first(state->network, t);
        const size_t behind = part_first(state->network, t + 1);
        from->low = first > low ? first : low;
        from->end = behind < end ? behind : end;
        if (from->low < from->end && state->uses[p * state->n_parts + t]) {
            add_to_part(state, t, from, &pass->above);
        }
    }
}

static void include(struct check_part *window, size_t low, size_t end)
{
    window->low = low < window->low ? low : window->low;
    window->end = end > window->end ? end : window->end;
}

/* Chooses where the sums of part p go, of which the window is known: the part
 * that will be these sums, or NULL. */
static struct check_part *start_sums(const struct check_lanes_state *state,
                                     size_t p, struct pass *pass)
{
    const size_t t = state->only[p];
    const bool is_direct = t < state->n_parts &&
                           pass->from.low < pass->from.end &&
                           state->parts[t].low == state->parts[t].end;
    pass->to = is_direct ? state->q : state->sum;
    return is_direct ? &state->parts[t] : NULL;
}

static void end_sums(struct check_lanes_state *state, size_t p,
                     struct pass *pass, struct check_part *target)
{
    if (target == NULL) {
        flush(state, p, pass);
    } else {
        pass->from.bits = pass->bits;
        *target = pass->from;
    }
}

/* Neurons whose outputs are the coordinates low .. end - 1, at most BLOCK. */
CHECK_CLONES static void apply_lines(struct check_lanes_state *state,
                                     struct pass *pass,
                                     const struct check_region *region,
                                     const struct check_layer *layer,
                                     size_t low, size_t end)
{
    const unsigned lower_shift = SLOPE_BITS - region->lower_bits;
    const unsigned upper_shift = SLOPE_BITS - region->slope_bits;
    const check_lanes shift[2] = {pass->shift[0], pass->shift[1]};
    check_lanes *to = pass->to;
    check_lanes constant[3] = {{0}};
    check_lanes is_missing = {0};
    check_lanes bits = {0};
    for (size_t i = low; i < end; i++) {
        const uint32_t z = layer->source[i - layer->first];
        const struct check_line *line = &region->line[z];
        check_lanes x = (state->q[i] << shift[0]) >> shift[1];
        if (line->phase == CHECK_INACTIVE) {
            continue;
        }
        if (line->phase == CHECK_UNSTABLE) {
            const int64_t lower = state->use_slopes && region->slope[i] >= 0
                                      ? (int64_t)region->slope[i] << lower_shift
                                      : (int64_t)line->is_identity_below
                                            << SLOPE_BITS;
            apply_line(&x, constant, &is_missing, line, lower,
                       line->slope << upper_shift);
        }
        to[z] += x;
        check_lanes_note(&bits, &to[z]);
    }
    pass->bits |= bits;
    pass->constant[0] = constant[0];
    pass->constant[1] = constant[1];
    pass->constant[2] = constant[2];
    pass->is_missing |= is_missing;
}

/* Carries the constants of the pass to the sums of all lanes. */
static void add_constants(struct check_words *words, const struct pass *pass,
                          long limb_bits, long exponent)
{
    const check_wide unit = (check_wide)1 << limb_bits;
    for (size_t r = 0; r < words->n_lanes; r++) {
        const check_wide high =
            pass->constant[2][r] * unit + pass->constant[1][r];
        add_to_sum(words, r, high * unit + pass->constant[0][r],
                   pass->from.exponent[r] + exponent);
        words->is_dead[r] = words->is_dead[r] || pass->is_missing[r] != 0;
    }
}

static void eliminate_relu(struct check_words *words, size_t p,
                           const struct check_region *region)
{
    struct check_lanes_state *state = words->state;
    struct check_part *part = &state->parts[p];
    struct pass pass = {.from.low = SIZE_MAX};
    const struct check_layer *layer = &state->network->layers[p - 1];
    check_part_normalize(part, pass.shift);
    pass.from.exponent = part->exponent;
    for (size_t i = part->low; i < part->end; i++) {
        const size_t z = layer->source[i - layer->first];
        include(&pass.from, z, z + 1);
    }
    struct check_part *target = start_sums(state, p, &pass);
    if (target != NULL) {
        check_part_widen(target, state->q, pass.from.low, pass.from.end);
    }
    for (size_t i = part->low; i < part->end; i += BLOCK) {
        const size_t left = part->end - i;
        apply_lines(state, &pass, region, layer, i,
                    i + (left < BLOCK ? left : BLOCK));
        add_constants(words, &pass, LIMB_BITS, -(long)region->fact_bits);
    }
    end_sums(state, p, &pass, target);
}

/* Coefficients up to `units` higher cost at most this times the lower end of
 * their coordinate, if that is negative. */
static void charge_units(struct check_words *words,
                         const struct check_part *part,
                         const struct check_region *region, unsigned bits)
{
    const check_wide most = (check_wide)1 << 62;
    check_wide below = 0;
    if (is_zero(&part->units)) {
        return;
    }
    for (size_t i = part->low; i < part->end; i++) {
        const int64_t lower = region->ends[2 * i];
        below += lower < 0 ? -(check_wide)lower : 0;
        below = below > most ? most : below;
    }
    for (size_t r = 0; r < words->n_lanes; r++) {
        words->is_dead[r] =
            words->is_dead[r] || (part->units[r] != 0 && below == most);
        add_to_sum(words, r, -below * part->units[r],
                   part->exponent[r] - (long)bits);
    }
}

/* Collects the rows of a part that are not 0, an even number of them, and adds
 * their biases; size[0] and size[1] receive the sums of -x of the negative and
 * of x of the other coefficients. */
CHECK_CLONES static size_t collect_rows(struct check_lanes_state *state,
                                        struct pass *pass,
                                        const struct check_layer *layer,
                                        const struct check_matrix *matrix,
                                        check_lanes size[2])
{
    const struct check_part *part =
        &state->parts[layer - state->network->layers + 1];
    const check_lanes shift[2] = {pass->shift[0], pass->shift[1]};
    check_lanes constant[2] = {{0}};
    check_lanes below = {0};
    check_lanes above = {0};
    size_t n = 0;
    for (size_t c = part->low; c < part->end; c++) {
        const size_t i = c - layer->first;
        const check_lanes x = (state->q[c] << shift[0]) >> shift[1];
        if (is_zero(&state->q[c])) {
            continue;
        }
        below -= x & (x >> 63);
        above += x & ~(x >> 63);
        constant[0] += x * matrix->bias[i][1];
        constant[1] += x * matrix->bias[i][0];
        include(&pass->from, matrix->span[i][0], matrix->span[i][1]);
        state->x[n] = x;
        state->row[n++] = (uint32_t)i;
    }
    if (n % 2 == 1) {
        state->x[n] = (check_lanes){0};
        state->row[n++] = 0;
    }
    size[0] = below;
    size[1] = above;
    pass->constant[0] = constant[0];
    pass->constant[1] = constant[1];
    return n;
}

/* Chooses the columns whose sums are needed. If they are the next coefficients,
 * those of neurons that are 0 are not, and mean nothing. */
static size_t choose_columns(const struct check_lanes_state *state,
                             const struct check_region *region,
                             const struct check_part *window, size_t target)
{
    const struct check_layer *layer =
        target == 0 ? NULL : &state->network->layers[target - 1];
    const bool is_all = layer == NULL || layer->kind != CHECK_RELU;
    size_t n = 0;
    for (size_t c = window->low; c < window->end; c++) {
        state->column[n] = (uint32_t)c;
        n += is_all || region->line[layer->source[c - layer->first]].phase !=
                           CHECK_INACTIVE
                 ? 1
                 : 0;
    }
    return n;
}

CHECK_CLONES static void eliminate_affine(struct check_words *words, size_t p,
                                          const struct check_region *region)
{
    struct check_lanes_state *state = words->state;
    const struct check_layer *layer = &state->network->layers[p - 1];
    const struct check_matrix *matrix = &state->matrices[p - 1];
    struct check_part *part = &state->parts[p];
    struct pass pass = {.from.low = SIZE_MAX};
    check_lanes size[2] = {{0}};
    check_part_normalize(part, pass.shift);
    charge_units(words, part, region, region->fact_bits);
    const size_t n = collect_rows(state, &pass, layer, matrix, size);
    pass.from.exponent = part->exponent;
    pass.constant[0] -= size[0];
    add_constants(words, &pass, matrix->bias_bits, matrix->bias_exponent);
    pass.from.exponent += matrix->exponent + matrix->shift;
    /* By (3) of check_matrix.h, and as -size[0] <= sum of x * (w - w') <=
     * size[1] if w' <= w < w' + 1. */
    const check_lanes is_used = (size[0] | size[1]) != 0;
    check_lanes above = {0};
    if (matrix->is_rounded) {
        above = is_used & ((size[0] >> matrix->shift) + 1);
        pass.from.units = above + (is_used & ((size[1] >> matrix->shift) + 1));
    }
    pass.from.units += is_used & (int64_t)matrix->n_floors;
    struct check_part *target = NULL;
    struct check_factors factors = {
        .n = n, .x = state->x, .row = state->row, .column = state->column};
    if (matrix->n_tiles > 0) {
        target = start_sums(state, p, &pass);
        const bool is_next = target == part - 1;
        factors.above = target != NULL ? above : factors.above;
        factors.n_columns =
            choose_columns(state, region, &pass.from, is_next ? p - 1 : 0);
        check_matrix_multiply(pass.to, &pass.bits, matrix, &factors);
    } else {
        check_matrix_add_entries(state->sum, matrix, layer, &factors);
    }
    pass.above = above;
    end_sums(state, p, &pass, target);
}

static void eliminate_inputs(struct check_words *words,
                             const struct check_region *region)
{
    const struct check_part *part = &words->state->parts[0];
    charge_units(words, part, region, region->box_bits);
    for (size_t i = part->low; i < part->end; i++) {
        for (size_t r = 0; r < words->n_lanes; r++) {
            const int64_t q = words->state->q[i][r];
            const int64_t end = region->ends[2 * i + (q < 0 ? 1 : 0)];
            add_to_sum(words, r, (check_wide)q * end,
                       part->exponent[r] - (long)region->box_bits);
        }
    }
}

void check_words_reset(struct check_words *words, size_t n_lanes)
{
    struct check_lanes_state *state = words->state;
    words->n_lanes = n_lanes;
    memset(state->parts, 0, state->n_parts * sizeof *state->parts);
    memset(words->is_dead, 0, sizeof words->is_dead);
    memset(words->sums, 0, sizeof words->sums);
}

void check_words_add(struct check_words *words, size_t lane, size_t coordinate,
                     const int64_t q_units[2], long exponent)
{
    struct check_lanes_state *state = words->state;
    const size_t p = find_part(state->network, coordinate);
    struct check_part *part = &state->parts[p];
    const int64_t bits = q_units[0] < 0 ? -q_units[0] : q_units[0];
    if ((part->bits[lane] | part->units[lane]) != 0) {
        const check_lanes nothing = {0};
        struct check_part from = {.low = coordinate, .end = coordinate + 1};
        from.exponent[lane] = exponent;
        from.bits[lane] = bits;
        from.units[lane] = q_units[1];
        state->sum[coordinate][lane] = q_units[0];
        add_to_part(state, p, &from, &nothing);
        return;
    }
    check_part_widen(part, state->q, coordinate, coordinate + 1);
    state->q[coordinate][lane] = q_units[0];
    part->exponent[lane] = exponent;
    part->bits[lane] = bits;
    part->units[lane] = q_units[1];
}

void check_words_run(struct check_words *words,
                     const struct check_region *region, bool use_slopes,
                     struct check_form *form)
{
    struct check_lanes_state *state = words->state;
    state->use_slopes = use_slopes;
    for (size_t p = state->n_parts - 1; p > 0; p--) {
        const struct check_part *part = &state->parts[p];
        if (part->low == part->end) {
            continue;
        }
        if (state->network->layers[p - 1].kind == CHECK_RELU) {
            eliminate_relu(words, p, region);
        } else {
            eliminate_affine(words, p, region);
        }
    }
    if (form != NULL) {
        const struct check_part *part = &state->parts[0];
        const size_t n = state->network->n_inputs;
        form->q = form->q == NULL ? check_alloc(n, sizeof *form->q) : form->q;
        form->is_known = true;
        form->n_lanes = words->n_lanes;
        form->part = *part;
        memcpy(form->is_dead, words->is_dead, sizeof form->is_dead);
        memcpy(form->sums, words->sums, sizeof form->sums);
        memcpy(form->q + part->low, state->q + part->low,
               (part->end - part->low) * sizeof *form->q);
    }
    eliminate_inputs(words, region);
}

void check_words_finish(struct check_words *words,
                        const struct check_region *region,
                        const struct check_form *form)
{
    struct check_lanes_state *state = words->state;
    const struct check_part *part = &form->part;
    state->parts[0] = *part;
    words->n_lanes = form->n_lanes;
    memcpy(words->is_dead, form->is_dead, sizeof form->is_dead);
    memcpy(words->sums, form->sums, sizeof form->sums);
    memcpy(state->q + part->low, form->q + part->low,
           (part->end - part->low) * sizeof *form->q);
    eliminate_inputs(words, region);
}

bool check_words_have_forms(const struct check_words *words)
{
    const struct check_lanes_state *state = words->state;
    bool have_forms = state != NULL;
    for (size_t p = 1; have_forms && p < state->n_parts; p++) {
        have_forms =
            have_forms && (state->network->layers[p - 1].kind == CHECK_AFFINE ||
                           !state->uses[p * state->n_parts]);
    }
    return have_forms;
}
