/* The network with differences: layers behind those that are there.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_pair.h"

#include "proofs/check/check_fail.h"

#include <string.h>

/* again[z]: the coordinate that has the value of z by way of differences, or
 * z. */
struct pairing {
    struct check_network *network;
    uint32_t *again;
};

/* A layer behind all others, for affine ones with room for n_terms. */
static struct check_layer *add_layer(struct check_network *network,
                                     enum check_kind kind, size_t width,
                                     size_t n_terms)
{
    struct check_arena *arena = &network->arena;
    if (width > UINT32_MAX - network->n_coordinates) {
        check_unsupported("too many values in pairs of networks");
    }
    network->layers = check_arena_grow(
        arena, network->layers, network->n_layers, sizeof *network->layers);
    struct check_layer *layer = &network->layers[network->n_layers++];
    *layer = (struct check_layer){
        .kind = kind, .first = network->n_coordinates, .width = width};
    network->n_coordinates += width;
    if (kind == CHECK_AFFINE) {
        layer->start =
            check_arena_alloc(arena, width + 1, sizeof *layer->start);
        layer->column =
            check_arena_alloc(arena, n_terms, sizeof *layer->column);
        layer->weight =
            check_arena_alloc(arena, n_terms, sizeof *layer->weight);
        layer->bias = check_arena_alloc(arena, width, sizeof *layer->bias);
    }
    return layer;
}

/* Row i of a layer whose rows before it are there: v_x + factor * v_y, factor 1
 * or -1; 0 if that is v_x - v_x. */
static void set_sum(struct check_layer *layer, size_t i, uint32_t x, uint32_t y,
                    double factor)
{
    size_t n = layer->start[i];
    if (x != y || factor > 0) {
        layer->column[n] = x;
        layer->weight[n++] = 1;
        layer->column[n] = y;
        layer->weight[n++] = factor;
    }
    layer->start[i + 1] = n;
}

/* d, w and max(a, 0) + w for the ReLUs `second` and those of the other network,
 * `first`; both are numbers of layers. */
static void add_difference(struct pairing *pairing, size_t first, size_t second)
{
    struct check_network *network = pairing->network;
    const size_t n = network->layers[second].width;
    struct check_layer *d = add_layer(network, CHECK_AFFINE, n, 2 * n);
    for (size_t i = 0; i < n; i++) {
        set_sum(d, i, pairing->again[network->layers[second].source[i]],
                network->layers[first].source[i], -1);
    }
    const size_t at = d->first;
    struct check_layer *w = add_layer(network, CHECK_DIFFERENCE, n, 0);
    w->source = check_arena_alloc(&network->arena, 3 * n, sizeof *w->source);
    for (size_t i = 0; i < n; i++) {
        w->source[i] = (uint32_t)(at + i);
        w->source[n + i] = network->layers[second].source[i];
        w->source[2 * n + i] = network->layers[first].source[i];
    }
    w->relu = network->n_relus;
    network->relu = check_arena_grow(&network->arena, network->relu,
                                     network->n_relus, sizeof *network->relu);
    network->relu[network->n_relus++] = network->n_layers - 1;
    struct check_layer *y = add_layer(network, CHECK_AFFINE, n, 2 * n);
    for (size_t i = 0; i < n; i++) {
        set_sum(y, i, (uint32_t)(network->layers[first].first + i),
                (uint32_t)(at + n + i), 1);
        pairing->again[network->layers[second].first + i] =
            (uint32_t)(y->first + i);
    }
}

/* An affine layer that reads a value that is there again is there again. */
static void repeat_affine(struct pairing *pairing, size_t l)
{
    const struct check_layer from = pairing->network->layers[l];
    const size_t n_terms = from.start[from.width];
    bool has_any = false;
    for (size_t k = 0; k < n_terms; k++) {
        has_any = has_any || pairing->again[from.column[k]] != from.column[k];
    }
    if (!has_any) {
        return;
    }
    struct check_layer *layer =
        add_layer(pairing->network, CHECK_AFFINE, from.width, n_terms);
    memcpy(layer->start, from.start, (from.width + 1) * sizeof *layer->start);
    memcpy(layer->weight, from.weight, n_terms * sizeof *layer->weight);
    memcpy(layer->bias, from.bias, from.width * sizeof *layer->bias);
    for (size_t k = 0; k < n_terms; k++) {
        layer->column[k] = pairing->again[from.column[k]];
    }
    for (size_t i = 0; i < from.width; i++) {
        pairing->again[from.first + i] = (uint32_t)(layer->first + i);
    }
}

/* Rejects networks that do not correspond. */
static void require_pairs(const struct check_network *joined)
{
    bool is_fitting = joined->n_parts == 2 &&
                      joined->parts[0]->n_relus == joined->parts[1]->n_relus;
    bool has_any = false;
    for (size_t r = 0; is_fitting && r < joined->parts[0]->n_relus; r++) {
        const struct check_layer *one = &joined->layers[joined->relu[r]];
        const struct check_layer *other =
            &joined->layers[joined->relu[joined->parts[0]->n_relus + r]];
        is_fitting = one->kind == other->kind && one->curve == other->curve &&
                     one->width == other->width;
        has_any = has_any || one->kind == CHECK_RELU;
    }
    if (!is_fitting || !has_any) {
        check_reject("a proof about differences, but the networks have no "
                     "ReLUs that correspond");
    }
}

static void *copy_array(struct check_arena *arena, const void *from, size_t n,
                        size_t size)
{
    void *copy = check_arena_alloc(arena, n, size);
    memcpy(copy, from, n * size);
    return copy;
}

/* Notes the values that are there again, of the first n coordinates. */
static void note_same(struct pairing *pairing, size_t n)
{
    struct check_network *network = pairing->network;
    network->same = check_arena_alloc(&network->arena, network->n_coordinates,
                                      sizeof *network->same);
    for (size_t z = 0; z < network->n_coordinates; z++) {
        network->same[z] = (uint32_t)z;
    }
    for (size_t z = 0; z < n; z++) {
        if (pairing->again[z] != z) {
            network->same[pairing->again[z]] = (uint32_t)z;
        }
    }
}

struct check_network *check_pairs_create(const struct check_network *joined)
{
    struct check_network *network = check_alloc(1, sizeof *network);
    struct pairing pairing = {.network = network};
    require_pairs(joined);
    const size_t n = joined->parts[0]->n_relus;
    const size_t n_layers = joined->n_layers;
    *network = *joined;
    network->arena = (struct check_arena){0};
    network->layers = NULL;
    network->relu = NULL;
    for (size_t l = 0; l < n_layers; l++) {
        network->layers = check_arena_grow(&network->arena, network->layers, l,
                                           sizeof *network->layers);
        network->layers[l] = joined->layers[l];
    }
    for (size_t r = 0; r < joined->n_relus; r++) {
        network->relu = check_arena_grow(&network->arena, network->relu, r,
                                         sizeof *network->relu);
        network->relu[r] = joined->relu[r];
    }
    network->output = copy_array(&network->arena, joined->output,
                                 joined->n_outputs, sizeof *network->output);
    network->is_curved = true;
    pairing.again = check_alloc(joined->n_coordinates, sizeof(uint32_t));
    for (size_t z = 0; z < joined->n_coordinates; z++) {
        pairing.again[z] = (uint32_t)z;
    }
    size_t r = n;
    for (size_t l = 0; l < n_layers; l++) {
        const bool is_next = r < 2 * n && joined->relu[r] == l;
        if (is_next && joined->layers[l].kind == CHECK_RELU) {
            add_difference(&pairing, joined->relu[r - n], l);
        } else if (joined->layers[l].kind == CHECK_AFFINE) {
            repeat_affine(&pairing, l);
        }
        r += is_next ? 1 : 0;
    }
    for (size_t j = 0; j < network->n_outputs; j++) {
        network->output[j] = pairing.again[network->output[j]];
    }
    note_same(&pairing, joined->n_coordinates);
    check_free(pairing.again);
    return network;
}

void check_pairs_free(struct check_network *paired)
{
    check_arena_free(&paired->arena);
    check_free(paired);
}

/* Ends, lower first, in units of 2^-G. */
typedef check_wide ends_of[2];

/* What is known of d, b and a. */
struct triple {
    bool is_known;
    ends_of d;
    ends_of b;
    ends_of a;
};

static struct triple read_triple(const struct check_region *region,
                                 const struct check_layer *layer, size_t i)
{
    struct triple z = {.is_known = true};
    check_wide *ends[3] = {z.d, z.b, z.a};
    for (size_t k = 0; k < 3; k++) {
        int64_t fact[2];
        check_region_fact(fact, region, layer->source[k * layer->width + i]);
        z.is_known = z.is_known && fact[0] != CHECK_NO_LOWER &&
                     fact[1] != CHECK_NO_UPPER;
        ends[k][0] = fact[0];
        ends[k][1] = fact[1];
    }
    return z;
}

static check_wide least(check_wide x, check_wide y)
{
    return x < y ? x : y;
}

static check_wide most(check_wide x, check_wide y)
{
    return x > y ? x : y;
}

/* What the facts say of each other, each from the two others as they are. */
static struct triple narrow(const struct triple *z)
{
    return (struct triple){
        true,
        {most(z->d[0], z->b[0] - z->a[1]), least(z->d[1], z->b[1] - z->a[0])},
        {most(z->b[0], z->a[0] + z->d[0]), least(z->b[1], z->a[1] + z->d[1])},
        {most(z->a[0], z->b[0] - z->d[1]), least(z->a[1], z->b[1] - z->d[0])}};
}

static bool is_stable(const ends_of z)
{
    return z[0] >= 0 || z[1] <= 0;
}

/* x / y in units of 2^-16, rounded to nearest, y > 0. */
static check_wide ratio(check_wide x, check_wide y)
{
    return (x * 131072 + y) / (2 * y);
}

/* Slopes below and above max(z, 0), in units of 2^-16. */
static void relu_slopes(ends_of slope, const ends_of z)
{
    const check_wide one = 1 << 16;
    if (is_stable(z)) {
        slope[0] = slope[1] = z[0] >= 0 ? one : 0;
    } else {
        slope[0] = z[1] > -z[0] ? one : 0;
        slope[1] = ratio(z[1], z[1] - z[0]);
    }
}

/* The same for the difference, in d alone. */
static void band_slopes(ends_of slope, const ends_of d)
{
    const check_wide one = 1 << 16;
    if (is_stable(d)) {
        slope[0] = d[0] >= 0 ? 0 : one;
        slope[1] = d[0] >= 0 ? one : 0;
    } else {
        slope[0] = ratio(-d[0], d[1] - d[0]);
        slope[1] = ratio(d[1], d[1] - d[0]);
    }
}

/* Slopes of a plane, in units of 2^-16, and what is left of the difference:
 * its ends, in units of 2^-(G + 16). */
struct plane {
    check_wide d;
    check_wide b;
    check_wide a;
    ends_of rest;
    bool has_rest;
};

static bool is_between(check_wide x, const ends_of ends)
{
    return ends[0] <= x && x <= ends[1];
}

/* Widens the rest by that at (a, b, b - a), if this is in the polygon. */
static void meet(struct plane *plane, const struct triple *z, check_wide a,
                 check_wide b)
{
    if (!is_between(a, z->a) || !is_between(b, z->b) ||
        !is_between(b - a, z->d)) {
        return;
    }
    const check_wide value = (most(b, 0) - most(a, 0)) * 65536 -
                             plane->d * (b - a) - plane->b * b - plane->a * a;
    plane->rest[0] = plane->has_rest ? least(plane->rest[0], value) : value;
    plane->rest[1] = plane->has_rest ? most(plane->rest[1], value) : value;
    plane->has_rest = true;
}

/* Where two of the sides and of the lines a = 0 and b = 0 meet, the rest is
 * least and greatest. */
static void find_rest(struct plane *plane, const struct triple *z)
{
    const check_wide a[3] = {z->a[0], z->a[1], 0};
    const check_wide b[3] = {z->b[0], z->b[1], 0};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            meet(plane, z, a[i], b[j]);
        }
        for (size_t j = 0; j < 2; j++) {
            meet(plane, z, a[i], a[i] + z->d[j]);
            meet(plane, z, b[i] - z->d[j], b[i]);
        }
    }
}

/* Slopes of line e and the rest. */
static struct plane make_plane(const struct triple *z, size_t e)
{
    const struct triple narrowed = narrow(z);
    ends_of a;
    ends_of b;
    ends_of band;
    relu_slopes(a, narrowed.a);
    relu_slopes(b, narrowed.b);
    band_slopes(band, narrowed.d);
    const check_wide shared = least(b[e], a[1 - e]);
    struct plane apart = {
        .d = shared, .b = b[e] - shared, .a = shared - a[1 - e]};
    struct plane close = {.d = band[e]};
    find_rest(&apart, z);
    find_rest(&close, z);
    const bool is_exact = is_stable(narrowed.a) && is_stable(narrowed.b);
    return !is_exact &&
                   close.rest[1] - close.rest[0] < apart.rest[1] - apart.rest[0]
               ? close
               : apart;
}

/* units * 2^-bits, rounded down or up. */
static bool round_wide(double *rounded, check_wide units, long bits, bool is_up)
{
    mpq_t x;
    mpq_init(x);
    mpz_set_si(mpq_numref(x), (long)(units >> 62));
    mpz_mul_2exp(mpq_numref(x), mpq_numref(x), 62);
    mpz_add_ui(mpq_numref(x), mpq_numref(x),
               (unsigned long)(units & (((check_wide)1 << 62) - 1)));
    mpq_div_2exp(x, x, (mp_bitcnt_t)bits);
    const bool has_one = check_round(rounded, x, is_up);
    mpq_clear(x);
    return has_one;
}

struct check_curve_lines check_pair_lines(const struct check_region *region,
                                          const struct check_layer *layer,
                                          size_t i)
{
    struct check_curve_lines lines = {.has = {false, false}};
    const struct triple z = read_triple(region, layer, i);
    for (size_t e = 0; z.is_known && e < 2; e++) {
        const struct plane plane = make_plane(&z, e);
        lines.slope[e] = (double)plane.d * 0x1p-16;
        lines.rest[e][0] = (double)plane.b * 0x1p-16;
        lines.rest[e][1] = (double)plane.a * 0x1p-16;
        lines.has[e] = round_wide(&lines.intercept[e], plane.rest[e],
                                  (long)region->fact_bits + 16, e == 1);
    }
    return lines;
}

void check_pair_ends(int64_t ends[2], const struct check_region *region,
                     const struct check_layer *layer, size_t i)
{
    const struct triple z = read_triple(region, layer, i);
    ends[0] = CHECK_NO_LOWER;
    ends[1] = CHECK_NO_UPPER;
    if (!z.is_known) {
        return;
    }
    const check_wide low =
        most(most(z.b[0], 0) - most(z.a[1], 0), least(z.d[0], 0));
    const check_wide high =
        least(most(z.b[1], 0) - most(z.a[0], 0), most(z.d[1], 0));
    ends[0] = low > -CHECK_MOST_FACT ? (int64_t)low : CHECK_NO_LOWER;
    ends[1] = high < CHECK_MOST_FACT ? (int64_t)high : CHECK_NO_UPPER;
}

bool check_pair_is_exact(const struct check_region *region,
                         const struct check_layer *layer, size_t i)
{
    const struct triple z = read_triple(region, layer, i);
    const struct triple narrowed = narrow(&z);
    return z.is_known && is_stable(narrowed.a) && is_stable(narrowed.b);
}
