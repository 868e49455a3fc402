/* The trail: pushed by every change, popped by check_context_undo only.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_region.h"

#include "proofs/check/check_fail.h"

void check_region_fact(int64_t fact[2], const struct check_region *region,
                       size_t i)
{
    for (size_t e = 0; e < 2; e++) {
        const int64_t end = region->ends[2 * i + e];
        fact[e] = end;
        if (i >= region->n_inputs) {
            continue;
        }
        /* Upper ends are negated, so that both are rounded down. */
        check_wide wide = e == 0 ? end : -(check_wide)end;
        wide = wide * ((check_wide)1 << region->fact_bits);
        wide = wide >> region->box_bits;
        wide = e == 0 ? wide : -wide;
        const check_wide most = CHECK_MOST_FACT - 1;
        if (e == 0 ? wide < -most : wide > most) {
            fact[e] = e == 0 ? CHECK_NO_LOWER : CHECK_NO_UPPER;
        } else {
            wide = wide > most ? most : wide < -most ? -most : wide;
            fact[e] = (int64_t)wide;
        }
    }
}

int64_t check_region_level(const struct check_region *region, int64_t level,
                           bool is_upper)
{
    check_wide wide = is_upper ? -(check_wide)level : level;
    wide = wide * ((check_wide)1 << region->box_bits);
    wide = wide >> region->fact_bits;
    if (wide <= -CHECK_MOST_FACT || wide >= CHECK_MOST_FACT) {
        return is_upper ? CHECK_NO_UPPER : CHECK_NO_LOWER; /* says nothing */
    }
    return (int64_t)(is_upper ? -wide : wide);
}

void check_context_init(struct check_context *context)
{
    struct check_region *region = &context->region;
    const size_t n = region->n_coordinates;
    region->ends = check_alloc(2 * n, sizeof *region->ends);
    region->line = check_alloc(n, sizeof *region->line);
    region->slope = check_alloc(n, sizeof *region->slope);
    for (size_t i = 0; i < n; i++) {
        region->slope[i] = -1;
    }
}

void check_context_clear(struct check_context *context)
{
    check_free(context->region.ends);
    check_free(context->region.line);
    check_free(context->region.slope);
    check_free(context->changes);
}

/* Notes what a coordinate has now. */
static void push(struct check_context *context, size_t index)
{
    const struct check_region *region = &context->region;
    if (context->n_changes == context->size) {
        context->size = 2 * context->size + 64;
        context->changes = check_resize(context->changes, context->size,
                                        sizeof *context->changes);
    }
    context->changes[context->n_changes++] = (struct check_change){
        .index = index,
        .slope = region->slope[index],
        .ends = {region->ends[2 * index], region->ends[2 * index + 1]},
        .line = region->line[index]};
}

bool check_context_narrow(struct check_context *context, size_t i,
                          int64_t lower, int64_t upper)
{
    struct check_region *region = &context->region;
    int64_t *ends = region->ends + 2 * i;
    int64_t fact[2];
    if (lower > ends[0] || upper < ends[1]) {
        push(context, i);
        ends[0] = lower > ends[0] ? lower : ends[0];
        ends[1] = upper < ends[1] ? upper : ends[1];
        if (ends[0] <= ends[1]) {
            check_region_fact(fact, region, i);
            region->line[i] =
                check_line_get(fact[0], fact[1], region->slope_bits);
        }
    }
    return ends[0] <= ends[1];
}

void check_context_set_slope(struct check_context *context, size_t i,
                             int16_t slope)
{
    push(context, i);
    context->region.slope[i] = slope;
}

void check_context_undo(struct check_context *context, size_t n_changes)
{
    struct check_region *region = &context->region;
    if (context->n_changes < n_changes) {
        check_reject("internal: the trail is shorter than its mark");
    }
    while (context->n_changes > n_changes) {
        const struct check_change *change =
            &context->changes[--context->n_changes];
        region->slope[change->index] = change->slope;
        region->ends[2 * change->index] = change->ends[0];
        region->ends[2 * change->index + 1] = change->ends[1];
        region->line[change->index] = change->line;
    }
}

void check_region_load(struct check_region *region, const struct check_case *of,
                       size_t number)
{
    mpz_t units;
    mpz_init(units);
    for (size_t e = 0; e < 2 * region->n_inputs; e++) {
        if (of->box[e] == NULL) {
            check_unsupported("case %zu: input %zu has no %s end", number,
                              e / 2, e % 2 == 0 ? "lower" : "upper");
        }
        /* -x <= rhs or x <= rhs: rounding rhs up moves both ends outward. */
        mpz_mul_2exp(units, mpq_numref(of->box[e]->rhs), region->box_bits);
        mpz_cdiv_q(units, units, mpq_denref(of->box[e]->rhs));
        if (mpz_cmpabs_ui(units, (unsigned long)1 << 61) > 0) {
            check_unsupported("case %zu: input %zu: end too large for the "
                              "grid of the certificate",
                              number, e / 2);
        }
        const int64_t end = mpz_get_si(units);
        region->ends[e] = e % 2 == 0 ? -end : end;
    }
    mpz_clear(units);
}
