/* Windows of sums, merged into the coefficients of parts.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_pass.h"

void check_pass_merge(struct check_lanes_state *state, size_t p,
                      const struct check_part *from)
{
    struct check_part *part = &state->parts[p];
    check_lanes shift[4];
    size_t n = 0;
    if (part->low == part->end) {
        *part = *from;
        n = check_set_list(state->list, state->added, from->low, from->end);
        check_lanes_move(state->q, state->sum, state->list, n, &part->bits);
        check_set_move(state->used, state->added, from->low, from->end);
        return;
    }
    struct check_part added = *from;
    check_part_align(part, &added, shift);
    check_part_widen(part, from->low, from->end);
    part->units += added.units;
    check_set_move(state->used, state->added, from->low, from->end);
    n = check_set_list(state->list, state->used, part->low, part->end);
    check_lanes_add(state->q, state->sum, state->list, n, &part->bits, shift);
}

size_t check_pass_take(struct check_lanes_state *state, size_t p)
{
    const struct check_part *part = &state->parts[p];
    const size_t n =
        check_set_list(state->list, state->used, part->low, part->end);
    check_set_remove(state->used, part->low, part->end);
    return n;
}

/* Adds the sums to the parts that part p is computed from. */
static void flush(struct check_lanes_state *state, size_t p,
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
            check_pass_merge(state, t, from);
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
    pass->set = is_direct ? state->used : state->added;
    return is_direct ? &state->parts[t] : NULL;
}

void check_pass_note(struct check_lanes_state *state, struct check_pass *pass)
{
    const size_t n =
        check_set_list(state->list, pass->set, pass->from.low, pass->from.end);
    check_lanes_measure(&pass->bits, state->q, state->list, n);
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
