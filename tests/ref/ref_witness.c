#include "tests/ref/ref_witness.h"

#include "src/base/alloc.h"

#include <gmp.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* v: the inputs on entry, all coordinates afterwards. */
static void evaluate(mpq_t *v, const struct check_network *network)
{
    mpq_t part;
    mpq_init(part);
    for (size_t l = 0; l < network->n_layers; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; i < layer->width; i++) {
            mpq_t *value = &v[layer->first + i];
            if (layer->kind == CHECK_RELU) {
                mpq_set_ui(*value, 0, 1);
                if (mpq_sgn(v[layer->source[i]]) > 0) {
                    mpq_set(*value, v[layer->source[i]]);
                }
                continue;
            }
            mpq_set_d(*value, layer->bias[i]);
            for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
                mpq_set_d(part, layer->weight[k]);
                mpq_mul(part, part, v[layer->column[k]]);
                mpq_add(*value, *value, part);
            }
        }
    }
    mpq_clear(part);
}

static bool satisfies(mpq_t *v, const struct check_network *network,
                      const struct check_atom *atom)
{
    mpq_t sum;
    mpq_t part;
    mpq_inits(sum, part, NULL);
    for (size_t t = 0; t < atom->n_terms; t++) {
        const struct check_term *term = &atom->terms[t];
        mpq_set_z(part, term->coefficient);
        mpq_mul(
            part, part,
            v[term->is_output ? network->output[term->index] : term->index]);
        mpq_add(sum, sum, part);
    }
    const int order = mpq_cmp(sum, atom->rhs);
    mpq_clears(sum, part, NULL);
    return atom->is_strict ? order < 0 : order <= 0;
}

static bool is_unsafe(mpq_t *v, const struct check_network *network,
                      const struct check_case *of)
{
    for (size_t e = 0; e < 2 * network->n_inputs; e++) {
        if (of->box[e] != NULL && !satisfies(v, network, of->box[e])) {
            return false;
        }
    }
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        bool holds = true;
        for (size_t a = 0; a < of->disjuncts[d].n_atoms; a++) {
            holds = holds && satisfies(v, network, of->disjuncts[d].atoms[a]);
        }
        if (holds) {
            return true;
        }
    }
    return false;
}

static double read_double(const unsigned char *bytes)
{
    uint64_t bits = 0;
    double value = 0;
    for (int i = 7; i >= 0; i--) {
        bits = bits << 8 | bytes[i];
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The numbers of the input, each clamped to the box; false if the box is more
 * than 2^-10 away. A strict end is left to is_unsafe. */
static bool clamp(mpq_t *v, const struct check_case *of, size_t n)
{
    mpq_t move;
    mpq_init(move);
    bool is_near = true;
    for (size_t i = 0; i < n; i++) {
        const struct check_atom *below = of->box[2 * i];
        const struct check_atom *above = of->box[2 * i + 1];
        if (below != NULL) {
            mpq_add(move, v[i], below->rhs);
            if (mpq_sgn(move) < 0) {
                mpq_neg(v[i], below->rhs);
                is_near = is_near && mpq_cmp_si(move, -1, 1024) >= 0;
            }
        }
        if (above != NULL) {
            mpq_sub(move, v[i], above->rhs);
            if (mpq_sgn(move) > 0) {
                mpq_set(v[i], above->rhs);
                is_near = is_near && mpq_cmp_si(move, 1, 1024) <= 0;
            }
        }
    }
    mpq_clear(move);
    return is_near;
}

enum ref_verdict ref_witness_judge(const unsigned char *bytes, size_t n,
                                   const struct check_network *network,
                                   const struct check_query *query)
{
    enum ref_verdict verdict = REF_REJECTED;
    size_t at = 0;
    size_t n_stated = 0;
    do {
        if (at >= n || at > 7) {
            return REF_MALFORMED;
        }
        n_stated |= (size_t)(bytes[at] & 127U) << (7 * at);
    } while (bytes[at++] >= 128);
    if ((at > 1 && bytes[at - 1] == 0) || (n - at) % 8 != 0 ||
        (n - at) / 8 != n_stated) {
        return REF_MALFORMED;
    }
    for (size_t i = 0; i < n_stated; i++) {
        if (!isfinite(read_double(bytes + at + 8 * i))) {
            return REF_MALFORMED;
        }
    }
    if (n_stated != network->n_inputs) {
        return REF_REJECTED;
    }
    mpq_t *v = alloc_bytes(network->n_coordinates, sizeof *v);
    for (size_t i = 0; i < network->n_coordinates; i++) {
        mpq_init(v[i]);
    }
    for (size_t c = 0; c < query->n_cases; c++) {
        for (size_t i = 0; i < n_stated; i++) {
            mpq_set_d(v[i], read_double(bytes + at + 8 * i));
        }
        if (clamp(v, &query->cases[c], n_stated)) {
            evaluate(v, network);
            verdict = is_unsafe(v, network, &query->cases[c]) ? REF_ACCEPTED
                                                              : verdict;
        }
    }
    for (size_t i = 0; i < network->n_coordinates; i++) {
        mpq_clear(v[i]);
    }
    alloc_free(v);
    return verdict;
}
