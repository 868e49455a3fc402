/* Coefficients of all lanes, layer by layer.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_words.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_pass.h"

#include <string.h>

enum { MOST_COORDINATES = 1 << 24 };

/* How many sources of the layer are the same one at most. */
static int64_t count_reads(const struct check_layer *layer)
{
    uint32_t *n = check_alloc(layer->first, sizeof *n);
    int64_t most = 0;
    for (size_t k = 0; k < check_n_sources(layer); k++) {
        const int64_t n_reads = ++n[layer->source[k]];
        most = n_reads > most ? n_reads : most;
    }
    check_free(n);
    return most;
}

/* The only part that part p is computed from; n_parts: several. */
static size_t find_only(const struct check_lanes_state *state, size_t p)
{
    size_t only = state->n_parts;
    size_t n = 0;
    for (size_t t = 0; t < state->n_parts; t++) {
        if (state->uses[p * state->n_parts + t]) {
            only = t;
            n++;
        }
    }
    return n == 1 ? only : state->n_parts;
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
    state->uses = check_network_find_uses(network);
    state->only = check_alloc(state->n_parts, sizeof *state->only);
    state->n_reads = check_alloc(state->n_parts, sizeof *state->n_reads);
    /* Rows come in pairs. */
    state->block = check_alloc(3 * n + 2, sizeof *state->q);
    state->row = check_alloc(n + 1, sizeof *state->row);
    state->column = check_alloc(n + CHECK_TILE, sizeof *state->column);
    state->list = check_alloc(n, sizeof *state->list);
    state->used = check_alloc(n / CHECK_WORD + 1, sizeof *state->used);
    state->added = check_alloc(n / CHECK_WORD + 1, sizeof *state->added);
    state->weighted =
        check_alloc(check_share_most(network), sizeof *state->weighted);
    void *aligned = (char *)state->block + sizeof *state->q -
                    (uintptr_t)state->block % sizeof *state->q;
    state->q = aligned;
    state->x = state->q + n;
    state->sum = state->x + n + 1;
    if (network->is_curved) {
        words->kept = check_alloc(n, sizeof *words->kept);
    }
    for (size_t p = 1; p < state->n_parts; p++) {
        const struct check_layer *layer = &network->layers[p - 1];
        const bool is_affine = layer->kind == CHECK_AFFINE;
        state->only[p] = find_only(state, p);
        state->n_reads[p] = is_affine ? 0 : count_reads(layer);
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
    check_free(words->kept);
    check_free(words->state->own);
    check_free(words->state->parts);
    check_free(words->state->uses);
    check_free(words->state->only);
    check_free(words->state->n_reads);
    check_free(words->state->block);
    check_free(words->state->row);
    check_free(words->state->column);
    check_free(words->state->list);
    check_free(words->state->used);
    check_free(words->state->added);
    check_free(words->state->weighted);
    check_free(words->state);
}

/* Charges the units of a part, of which list[n] are used and have ends in units
 * of 2^-bits. */
static void charge_units(struct check_words *words,
                         const struct check_part *part, size_t n,
                         const struct check_region *region, unsigned bits)
{
    check_wide below = 0;
    if (check_lanes_are_zero(&part->units)) {
        return;
    }
    for (size_t k = 0; k < n; k++) {
        const size_t i = words->state->list[k];
        check_pass_note_lower(&below, region->ends[2 * i]);
    }
    check_pass_charge(words, part, below, bits);
}

/* Collects the rows of list[n_used] that are not 0, with tiles an even number
 * of rows, and adds their biases; size[0] and size[1] receive the sums of -x of
 * the negative and of x of the other coefficients. */
CHECK_CLONES static size_t collect_rows(struct check_lanes_state *state,
                                        size_t n_used, struct check_pass *pass,
                                        const struct check_layer *layer,
                                        const struct check_matrix *matrix,
                                        check_lanes size[2])
{
    const check_lanes shift[2] = {pass->shift[0], pass->shift[1]};
    check_lanes constant[2] = {{0}};
    check_lanes below = {0};
    check_lanes above = {0};
    size_t n = 0;
    for (size_t k = 0; k < n_used; k++) {
        const size_t c = state->list[k];
        const size_t i = c - layer->first;
        const check_lanes x = (state->q[c] << shift[0]) >> shift[1];
        if (check_lanes_are_zero(&state->q[c])) {
            continue;
        }
        state->q[c] ^= state->q[c];
        below -= x & (x >> 63);
        above += x & ~(x >> 63);
        constant[0] += x * matrix->bias[i][1];
        constant[1] += x * matrix->bias[i][0];
        check_pass_include(&pass->from, matrix->span[i][0], matrix->span[i][1]);
        state->x[n] = x;
        state->row[n++] = (uint32_t)i;
    }
    if (n % 2 == 1 && matrix->n_tiles > 0) {
        state->x[n] = (check_lanes){0};
        state->row[n++] = 0;
    }
    size[0] = below;
    size[1] = above;
    pass->constant[0] = constant[0];
    pass->constant[1] = constant[1];
    return n;
}

/* Chooses the columns whose sums are needed, which become used. If they are the
 * next coefficients, those of neurons that are 0 are not. */
static size_t choose_columns(const struct check_lanes_state *state,
                             const struct check_region *region,
                             const struct check_pass *pass, size_t target)
{
    const struct check_part *window = &pass->from;
    const struct check_layer *layer =
        target == 0 ? NULL : &state->network->layers[target - 1];
    const bool is_all = layer == NULL || layer->kind != CHECK_RELU;
    size_t n = 0;
    for (size_t c = window->low; c < window->end; c++) {
        if (is_all || region->line[layer->source[c - layer->first]].phase !=
                          CHECK_INACTIVE) {
            state->column[n++] = (uint32_t)c;
            check_set_add(pass->set, c);
        }
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
    struct check_pass pass = {.from.low = SIZE_MAX};
    check_lanes size[2] = {{0}};
    check_part_normalize(part, pass.shift);
    const size_t n_used = check_pass_take(state, p);
    charge_units(words, part, n_used, region, region->fact_bits);
    const size_t n = collect_rows(state, n_used, &pass, layer, matrix, size);
    pass.from.exponent = part->exponent;
    pass.constant[0] -= size[0];
    check_pass_add_constants(words, &pass, matrix->bias_bits,
                             matrix->bias_exponent);
    pass.from.exponent += matrix->exponent + matrix->shift;
    /* By (3) of check_matrix.h, and as -size[0] <= sum of x * (w - w') <=
     * size[1] if w' <= w < w' + 1; of entries the left side is in their
     * sums. */
    const check_lanes is_used = (size[0] | size[1]) != 0;
    check_lanes above = {0};
    if (matrix->is_rounded) {
        above = is_used & ((size[0] >> matrix->shift) + 1);
        pass.from.units = above + (is_used & ((size[1] >> matrix->shift) + 1));
    }
    pass.from.units += is_used & (int64_t)matrix->n_floors;
    struct check_part *target = check_pass_start(state, p, &pass);
    struct check_factors factors = {.n = n,
                                    .x = state->x,
                                    .row = state->row,
                                    .column = state->column,
                                    .order = state->list};
    if (matrix->n_tiles > 0) {
        const bool is_next = target == part - 1;
        factors.above = above;
        factors.n_columns =
            choose_columns(state, region, &pass, is_next ? p - 1 : 0);
        check_matrix_multiply(pass.to, &pass.bits, matrix, &factors);
    } else {
        check_matrix_add_entries(pass.to, pass.set, matrix, &factors);
        if (target != NULL) {
            check_pass_note(state, &pass);
        }
    }
    check_pass_end(state, p, &pass, target);
}

static void eliminate_inputs(struct check_words *words,
                             const struct check_region *region)
{
    struct check_lanes_state *state = words->state;
    const struct check_part *part = &state->parts[0];
    const size_t n = check_pass_take(state, 0);
    charge_units(words, part, n, region, region->box_bits);
    for (size_t k = 0; k < n; k++) {
        const size_t i = state->list[k];
        for (size_t r = 0; r < words->n_lanes; r++) {
            const int64_t q = state->q[i][r];
            const int64_t end = region->ends[2 * i + (q < 0 ? 1 : 0)];
            check_pass_add_sum(words, r, (check_wide)q * end,
                               part->exponent[r] - (long)region->box_bits);
        }
        state->q[i] ^= state->q[i];
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
    const size_t p = check_network_part(state->network, coordinate);
    struct check_part *part = &state->parts[p];
    const int64_t bits = q_units[0] < 0 ? -q_units[0] : q_units[0];
    if ((part->bits[lane] | part->units[lane]) != 0) {
        struct check_part from = {.low = coordinate, .end = coordinate + 1};
        from.exponent[lane] = exponent;
        from.bits[lane] = bits;
        from.units[lane] = q_units[1];
        state->sum[coordinate][lane] = q_units[0];
        check_set_add(state->added, coordinate);
        check_pass_merge(state, p, &from);
        return;
    }
    check_part_widen(part, coordinate, coordinate + 1);
    check_set_add(state->used, coordinate);
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
        const enum check_kind kind = state->network->layers[p - 1].kind;
        if (kind == CHECK_AFFINE) {
            eliminate_affine(words, p, region);
        } else if (kind == CHECK_RELU) {
            check_eliminate_relus(words, p, region);
        } else {
            check_eliminate_curves(words, p, region);
        }
    }
    if (form != NULL) {
        const struct check_part *part = &state->parts[0];
        const size_t n = state->network->n_inputs;
        const size_t n_words = n / CHECK_WORD + 1;
        form->q = form->q == NULL ? check_alloc(n, sizeof *form->q) : form->q;
        form->used = form->used == NULL
                         ? check_alloc(n_words, sizeof *form->used)
                         : form->used;
        form->is_known = true;
        form->n_lanes = words->n_lanes;
        form->part = *part;
        memcpy(form->is_dead, words->is_dead, sizeof form->is_dead);
        memcpy(form->sums, words->sums, sizeof form->sums);
        memcpy(form->q + part->low, state->q + part->low,
               (part->end - part->low) * sizeof *form->q);
        memcpy(form->used, state->used, n_words * sizeof *form->used);
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
    memcpy(state->used, form->used,
           (state->network->n_inputs / CHECK_WORD + 1) * sizeof *form->used);
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
