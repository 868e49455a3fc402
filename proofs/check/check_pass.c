/* Windows of sums, merged into the coefficients of parts.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_pass.h"

CHECK_CLONES void check_pass_merge(struct check_lanes_state *state, size_t p,
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

/* Adds sum - above to the parts that part p is computed from. */
CHECK_CLONES static void flush(struct check_lanes_state *state, size_t p,
                               struct check_pass *pass)
{
    struct check_part *from = &pass->from;
    const size_t low = from->low;
    const size_t end = from->end;
    from->bits =
        CHECK_USED(&state->parts[p]) & (((int64_t)1 << CHECK_MERGED_BITS) - 1);
    for (size_t t = 0; t < p; t++) {
        const size_t first = check_part_first(state->network, t);
        const size_t behind = check_part_first(state->network, t + 1);
        from->low = first > low ? first : low;
        from->end = behind < end ? behind : end;
        if (from->low < from->end && state->uses[p * state->n_parts + t]) {
            check_pass_merge(state, t, from, &pass->above);
        }
    }
}

struct check_part *check_pass_start(const struct check_lanes_state *state,
                                    size_t p, struct check_pass *pass)
{
    const size_t t = state->only[p];
    const bool is_direct = t < state->n_parts &&
                           pass->from.low < pass->from.end &&
                           state->parts[t].low == state->parts[t].end;
    pass->to = is_direct ? state->q : state->sum;
    return is_direct ? &state->parts[t] : NULL;
}

void check_pass_end(struct check_lanes_state *state, size_t p,
                    struct check_pass *pass, struct check_part *target)
{
    if (target == NULL) {
        flush(state, p, pass);
    } else {
        pass->from.bits = pass->bits;
        *target = pass->from;
    }
}

void check_pass_add_constants(struct check_words *words,
                              const struct check_pass *pass, long limb_bits,
                              long exponent)
{
    const check_wide unit = (check_wide)1 << limb_bits;
    for (size_t r = 0; r < words->n_lanes; r++) {
        const check_wide high =
            pass->constant[2][r] * unit + pass->constant[1][r];
        check_pass_add_sum(words, r, high * unit + pass->constant[0][r],
                           pass->from.exponent[r] + exponent);
        words->is_dead[r] = words->is_dead[r] || pass->is_missing[r] != 0;
    }
}

void check_pass_charge(struct check_words *words, const struct check_part *part,
                       check_wide below, unsigned bits)
{
    for (size_t r = 0; r < words->n_lanes; r++) {
        words->is_dead[r] = words->is_dead[r] ||
                            (part->units[r] != 0 && below == CHECK_MOST_BELOW);
        check_pass_add_sum(words, r, -below * part->units[r],
                           part->exponent[r] - (long)bits);
    }
}
