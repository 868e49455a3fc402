/* Dense matrices without the neurons that are 0 in all rows of a batch. */
#include "solver/dual.h"
#include "src/base/alloc.h"

#include <string.h>

/* What packing an entry costs, in multiply-adds of floats: two copies, one by
 * one, in the time of so many vectors. */
static const double ENTRY_COST = 64.0;

/* The ReLU that decides which neurons of layer k are kept; SIZE_MAX if all
 * are. */
static size_t relu_of(const struct dual *d, size_t k)
{
    return d->layers->layer[k].kind == LAYER_RELU ? k
                                                  : d->weights->layer[k].relu;
}

/* Most neurons of layer k that are kept: what the root leaves alive. */
static size_t most_kept(const struct dual *d, size_t k)
{
    const size_t relu = relu_of(d, k);
    return relu == SIZE_MAX ? d->layers->layer[k].width : d->layer[relu].n_live;
}

static bool is_kept(const struct dual *d, const struct dual_layer *lines,
                    uint32_t i, bool is_root)
{
    const uint32_t id = lines->id[i];
    return is_root || id == DUAL_STABLE || !d->is_dead[id];
}

static void keep(const struct dual *d, struct dual_kept *kept, size_t k,
                 bool is_root)
{
    const size_t relu = relu_of(d, k);
    if (relu == SIZE_MAX) {
        kept->n = d->layers->layer[k].width;
        return;
    }
    const struct dual_layer *lines = &d->layer[relu];
    memset(kept->words, 0, d->stride[k] / SINGLE_LANES * sizeof *kept->words);
    kept->n = 0;
    for (size_t t = 0; t < lines->n_live; t++) {
        const uint32_t i = lines->live[t];
        if (is_kept(d, lines, i, is_root)) {
            uint16_t *word = &kept->words[i / SINGLE_LANES];
            *word = (uint16_t)(*word | 1U << i % SINGLE_LANES);
            kept->list[kept->n++] = i;
        }
    }
}

/* Packs term t of layer k. */
static void pack_term(const struct dual *d, struct dual_pack *pack, size_t k,
                      size_t t)
{
    const size_t source = d->layers->layer[k].terms[t].source;
    const struct dual_kept *rows = &pack->kept[k];
    const struct dual_kept *columns = &pack->kept[source];
    const size_t stride = single_stride(columns->n);
    const size_t back_stride = single_stride(rows->n);
    float *weight = pack->weight[k][t];
    float *transposed = pack->transposed[k][t];
    memset(weight, 0, rows->n * stride * sizeof *weight);
    memset(transposed, 0, columns->n * back_stride * sizeof *transposed);
    for (size_t i = 0; i < rows->n; i++) {
        const size_t row = rows->words == NULL ? i : rows->list[i];
        const float *from = d->weight[k][t] + row * d->stride[source];
        for (size_t j = 0; j < columns->n; j++) {
            const float value =
                from[columns->words == NULL ? j : columns->list[j]];
            weight[i * stride + j] = value;
            transposed[j * back_stride + i] = value;
        }
    }
    pack->n_entries += (double)rows->n * (double)columns->n;
}

static void pack_all(const struct dual *d, struct dual_pack *pack, bool is_root)
{
    pack->n_entries = 0.0;
    for (size_t k = 0; k < d->layers->n_layers; k++) {
        keep(d, &pack->kept[k], k, is_root);
        for (size_t t = 0; t < d->layers->layer[k].n_terms; t++) {
            if (d->weight[k][t] != NULL) {
                pack_term(d, pack, k, t);
            }
        }
    }
}

/* Room for what the root leaves alive. */
static void create(const struct dual *d, struct dual_pack *pack)
{
    const struct layers *layers = d->layers;
    NEW_ARRAY(pack->kept, layers->n_layers);
    NEW_ARRAY(pack->weight, layers->n_layers);
    NEW_ARRAY(pack->transposed, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        const size_t n_rows = most_kept(d, k);
        if (relu_of(d, k) != SIZE_MAX) {
            NEW_ARRAY(pack->kept[k].list, n_rows);
            NEW_ARRAY(pack->kept[k].words, d->stride[k] / SINGLE_LANES);
        }
        NEW_ARRAY(pack->weight[k], layer->n_terms);
        NEW_ARRAY(pack->transposed[k], layer->n_terms);
        for (size_t t = 0; t < layer->n_terms; t++) {
            const size_t n_cols = most_kept(d, layer->terms[t].source);
            if (d->weight[k][t] != NULL) {
                NEW_ALIGNED(pack->weight[k][t], n_rows * single_stride(n_cols));
                NEW_ALIGNED(pack->transposed[k][t],
                            n_cols * single_stride(n_rows));
            }
        }
    }
}

static void clear(const struct dual *d, struct dual_pack *pack)
{
    for (size_t k = 0; pack->kept != NULL && k < d->layers->n_layers; k++) {
        for (size_t t = 0; t < d->layers->layer[k].n_terms; t++) {
            alloc_free(pack->weight[k][t]);
            alloc_free(pack->transposed[k][t]);
        }
        alloc_free(pack->weight[k]);
        alloc_free(pack->transposed[k]);
        alloc_free(pack->kept[k].list);
        alloc_free(pack->kept[k].words);
    }
    alloc_free(pack->weight);
    alloc_free(pack->transposed);
    alloc_free(pack->kept);
    *pack = (struct dual_pack){0};
}

void dual_pack_root(struct dual *d)
{
    create(d, &d->packs[0]);
    create(d, &d->packs[1]);
    pack_all(d, &d->packs[0], true);
    d->pack = &d->packs[0];
    d->is_packed = false;
}

void dual_pack_clear(struct dual *d)
{
    clear(d, &d->packs[0]);
    clear(d, &d->packs[1]);
}

/* Neurons that the bounds show inactive in all rows, and that none bounds. */
static void find_dead(struct dual *d)
{
    const size_t n = d->n_unstable;
    for (size_t i = 0; i < n; i++) {
        d->is_dead[i] = d->n_rows > 0;
    }
    for (size_t r = 0; r < d->n_rows; r++) {
        const uint8_t *phase = d->phase + r * n;
        for (size_t i = 0; i < n; i++) {
            const bool is_implied = phase[i] == (PHASE_INACTIVE | DUAL_IMPLIED);
            d->is_dead[i] = d->is_dead[i] && is_implied;
        }
        const uint32_t own = d->target > 0
                                 ? dual_find(d, d->target, d->disjunct[r] / 2)
                                 : DUAL_STABLE;
        if (own != DUAL_STABLE) {
            d->is_dead[own] = false;
        }
    }
}

/* Neurons of layer k that would be kept. */
static double count_kept(const struct dual *d, size_t k)
{
    const size_t relu = relu_of(d, k);
    size_t n = most_kept(d, k);
    for (size_t i = 0; relu != SIZE_MAX && i < d->layer[relu].n_own; i++) {
        n -= d->is_dead[d->layer[relu].first + i] ? 1 : 0;
    }
    return (double)n;
}

/* Entries of the matrices that the dead leave. */
static double count_entries(const struct dual *d)
{
    double sum = 0.0;
    for (size_t k = 1; k < d->layers->n_layers; k++) {
        const struct layer *layer = &d->layers->layer[k];
        for (size_t t = 0; t < layer->n_terms; t++) {
            if (d->weight[k][t] != NULL) {
                sum += count_kept(d, k) * count_kept(d, layer->terms[t].source);
            }
        }
    }
    return sum;
}

void dual_pack_rows(struct dual *d, size_t n_passes)
{
    find_dead(d);
    bool is_covered = d->is_packed;
    for (size_t i = 0; i < d->n_unstable; i++) {
        is_covered = is_covered && (d->is_dead[i] || !d->is_dropped[i]);
    }
    d->pack = &d->packs[is_covered ? 1 : 0];
    const double n_entries = count_entries(d);
    const double saved =
        (d->pack->n_entries - n_entries) * (double)d->n_rows * (double)n_passes;
    if (saved > ENTRY_COST * n_entries) {
        memcpy(d->is_dropped, d->is_dead, d->n_unstable * sizeof *d->is_dead);
        pack_all(d, &d->packs[1], false);
        d->is_packed = true;
        d->pack = &d->packs[1];
    }
}
