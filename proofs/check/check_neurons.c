/* Neurons and scales are replaced by their lines.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_pass.h"

/* Of slopes; of the parts and the whole of intercepts
 * and errors; and the neurons after which sums of intercepts are carried: those
 * of one limb are at most 2^(31 + 20 + 10). */
enum {
    SLOPE_BITS = 16,
    LIMB_BITS = 20,
    OFFSET_BITS = 3 * LIMB_BITS,
    BLOCK = 1024
};

/* How far products with slopes are below the most that a sum may have: as many
 * of them as there are coordinates may be added, twice with products; a
 * difference has three sources, but four coordinates of its own. */
enum { ROOM_BITS = 25 };

_Static_assert(CHECK_Q_BITS + CHECK_SLOPE_BITS <= CHECK_MERGED_BITS,
               "products with slopes are sums");

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

/* Neurons whose outputs are list[n], at most BLOCK. */
CHECK_CLONES static void apply_lines(struct check_lanes_state *state,
                                     struct check_pass *pass,
                                     const struct check_region *region,
                                     const struct check_layer *layer,
                                     const uint32_t *list, size_t n)
{
    const unsigned lower_shift = SLOPE_BITS - region->lower_bits;
    const unsigned upper_shift = SLOPE_BITS - region->slope_bits;
    const check_lanes shift[2] = {pass->shift[0], pass->shift[1]};
    check_lanes *to = pass->to;
    check_lanes constant[3] = {{0}};
    check_lanes is_missing = {0};
    check_lanes bits = {0};
    for (size_t k = 0; k < n; k++) {
        const size_t i = list[k];
        const uint32_t z = layer->source[i - layer->first];
        const struct check_line *line = &region->line[z];
        check_lanes x = (state->q[i] << shift[0]) >> shift[1];
        state->q[i] ^= state->q[i];
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
        check_set_add(pass->set, z);
        check_lanes_note(&bits, &to[z]);
    }
    pass->bits |= bits;
    pass->constant[0] = constant[0];
    pass->constant[1] = constant[1];
    pass->constant[2] = constant[2];
    pass->is_missing |= is_missing;
}

void check_eliminate_relus(struct check_words *words, size_t p,
                           const struct check_region *region)
{
    struct check_lanes_state *state = words->state;
    struct check_part *part = &state->parts[p];
    struct check_pass pass = {.from.low = SIZE_MAX};
    const struct check_layer *layer = &state->network->layers[p - 1];
    check_part_normalize(part, pass.shift);
    pass.from.exponent = part->exponent;
    const size_t n = check_pass_take(state, p);
    for (size_t k = 0; k < n; k++) {
        const size_t z = layer->source[state->list[k] - layer->first];
        check_pass_include(&pass.from, z, z + 1);
    }
    struct check_part *target = check_pass_start(state, p, &pass);
    for (size_t k = 0; k < n; k += BLOCK) {
        apply_lines(state, &pass, region, layer, state->list + k,
                    n - k < BLOCK ? n - k : BLOCK);
        check_pass_add_constants(words, &pass, LIMB_BITS,
                                 -(long)region->fact_bits);
    }
    check_pass_end(state, p, &pass, target);
}

/* The coefficient of the sum's values in one lane that is to be taken from all
 * of them; 0 if all are. */
static int64_t find_share(struct check_words *words, size_t lane,
                          const struct check_region *region,
                          const struct check_layer *layer, size_t number)
{
    const struct check_lanes_state *state = words->state;
    bool has_any = false;
    for (size_t k = 0; k < layer->n_shares; k++) {
        const size_t v = check_share_at(layer, number, k);
        const int64_t q = state->q[v][lane];
        has_any = has_any || q != 0;
        state->weighted[k] =
            (struct check_weighted){.q = (double)q, .gap = 1.0, .place = v};
    }
    for (size_t k = 0; has_any && k < layer->n_shares; k++) {
        struct check_weighted *one = &state->weighted[k];
        one->gap = check_kept_get(words->kept, region, layer,
                                  one->place - layer->first)
                       ->gap;
    }
    return has_any ? state->q[check_share_median(state->weighted,
                                                 layer->n_shares)][lane]
                   : 0;
}

/* Takes the same from the coefficients of all values that add up to 1, which is
 * exact. Those of no more than CHECK_MERGED_BITS + 1 bits have one bit more
 * then. */
static void share_out(struct check_words *words, size_t p,
                      const struct check_region *region)
{
    struct check_lanes_state *state = words->state;
    struct check_part *part = &state->parts[p];
    const struct check_layer *layer = &state->network->layers[p - 1];
    const size_t size = layer->n_shares * layer->share_step;
    const size_t low = (part->low - layer->first) / size;
    const size_t end = (part->end - layer->first + size - 1) / size;
    check_wide taken[CHECK_LANES] = {0};
    check_part_widen(part, layer->first + low * size,
                     layer->first + end * size);
    for (size_t s = low * layer->share_step; s < end * layer->share_step; s++) {
        check_lanes share = {0};
        for (size_t r = 0; r < words->n_lanes; r++) {
            const bool is_short = part->bits[r] >> (CHECK_MERGED_BITS + 1) == 0;
            share[r] = is_short ? find_share(words, r, region, layer, s) : 0;
            taken[r] += share[r];
        }
        for (size_t k = 0; k < layer->n_shares; k++) {
            const size_t v = check_share_at(layer, s, k);
            state->q[v] -= share;
            check_set_add(state->used, v);
        }
    }
    for (size_t v = part->low; v < part->end; v++) {
        check_lanes_note(&part->bits, &state->q[v]);
    }
    for (size_t r = 0; r < words->n_lanes; r++) {
        check_pass_add_sum(words, r, taken[r], part->exponent[r]);
    }
}

/* The coefficient x of v, the output of a curve, a product or a scale: what x
 * times its lines adds to the coefficients of its sources, in units that are
 * 2^shift lower slopes. */
static inline void apply_word_lines(check_lanes y[3], check_lanes constant[3],
                                    check_lanes *is_missing,
                                    const struct check_word_lines *lines,
                                    const check_lanes *x, long shift)
{
    const int64_t limb = (1 << LIMB_BITS) - 1;
    const check_lanes negative = *x >> 63;
    const check_lanes parts[2] = {*x & ~negative, *x & negative};
    const check_lanes product =
        parts[0] * lines->slope[0] + parts[1] * lines->slope[1];
    for (size_t e = 0; e < 2; e++) {
        const int64_t offset = lines->offset[e];
        constant[0] += parts[e] * (offset & limb);
        constant[1] += parts[e] * (offset >> LIMB_BITS & limb);
        constant[2] += parts[e] * (offset >> 2 * LIMB_BITS);
        *is_missing |= parts[e] & (lines->has[e] ? 0 : -1);
    }
    y[0] = product >> shift;
    for (size_t k = 1; k < lines->n_sources; k++) {
        y[k] = (parts[0] * lines->rest[0][k - 1] +
                parts[1] * lines->rest[1][k - 1]) >>
               shift;
    }
}

/* The outputs of curves, products or scales list[n_used], at most BLOCK, whose
 * slopes are below 2^length. */
CHECK_CLONES static void apply_curves(struct check_words *words,
                                      struct check_pass *pass,
                                      const struct check_layer *layer,
                                      const uint32_t *list, size_t n_used,
                                      long length)
{
    const struct check_lanes_state *state = words->state;
    const check_lanes shift[2] = {pass->shift[0], pass->shift[1]};
    const size_t n = check_n_sources(layer) / layer->width;
    check_lanes *to = pass->to;
    check_lanes constant[3] = {{0}};
    check_lanes is_missing = {0};
    check_lanes bits = {0};
    for (size_t j = 0; j < n_used; j++) {
        const size_t v = list[j];
        const struct check_word_lines *lines = &words->kept[v].words;
        const uint32_t *source = layer->source + (v - layer->first);
        const long drop = ROOM_BITS + length - lines->length;
        check_lanes y[3];
        if (check_lanes_are_zero(&state->q[v])) {
            continue;
        }
        const check_lanes x = (state->q[v] << shift[0]) >> shift[1];
        state->q[v] ^= state->q[v];
        apply_word_lines(y, constant, &is_missing, lines, &x,
                         drop < 63 ? drop : 63);
        for (size_t k = 0; k < n; k++) {
            const size_t z = source[k * layer->width];
            to[z] += y[k];
            check_set_add(pass->set, z);
            check_lanes_note(&bits, &to[z]);
        }
    }
    pass->bits |= bits;
    pass->constant[0] = constant[0];
    pass->constant[1] = constant[1];
    pass->constant[2] = constant[2];
    pass->is_missing |= is_missing;
}

/* Looks the lines up of those of list[n] whose coefficients are not 0, and
 * notes their sources and the lower ends of all; the slopes are below 2^length,
 * which is returned. */
static long look_up_lines(struct check_words *words, struct check_pass *pass,
                          check_wide *below, size_t n,
                          const struct check_layer *layer,
                          const struct check_region *region)
{
    const struct check_lanes_state *state = words->state;
    long length = CHECK_LEAST_LENGTH;
    for (size_t j = 0; j < n; j++) {
        const size_t v = state->list[j];
        const size_t i = v - layer->first;
        if (check_lanes_are_zero(&state->q[v])) {
            check_pass_note_lower(below, region->ends[2 * v]);
            continue;
        }
        const struct check_word_lines *lines =
            &check_kept_get(words->kept, region, layer, i)->words;
        check_pass_note_lower(below, lines->least);
        length = lines->length > length ? lines->length : length;
        for (size_t k = i; k < check_n_sources(layer); k += layer->width) {
            const size_t z = layer->source[k];
            check_pass_include(&pass->from, z, z + 1);
        }
    }
    return length;
}

void check_eliminate_curves(struct check_words *words, size_t p,
                            const struct check_region *region)
{
    struct check_lanes_state *state = words->state;
    struct check_part *part = &state->parts[p];
    struct check_pass pass = {.from.low = SIZE_MAX};
    const struct check_layer *layer = &state->network->layers[p - 1];
    check_wide below = 0;
    if (layer->n_shares > 0) {
        share_out(words, p, region);
    }
    check_part_normalize(part, pass.shift);
    const size_t n = check_pass_take(state, p);
    const long length = look_up_lines(words, &pass, &below, n, layer, region);
    check_pass_charge(words, part, below, region->fact_bits);
    pass.from.exponent = part->exponent;
    struct check_part *target = check_pass_start(state, p, &pass);
    for (size_t k = 0; k < n; k += BLOCK) {
        apply_curves(words, &pass, layer, state->list + k,
                     n - k < BLOCK ? n - k : BLOCK, length);
        check_pass_add_constants(words, &pass, LIMB_BITS,
                                 -(long)region->fact_bits);
    }
    /* Each product is rounded down once. */
    pass.from.exponent += length + ROOM_BITS - CHECK_SLOPE_BITS;
    pass.from.units = CHECK_USED(part) & state->n_reads[p];
    check_pass_end(state, p, &pass, target);
}
