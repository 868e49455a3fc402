/* Every cell of every box: one evaluation for each different network.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_cells.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_witness.h"

#include <string.h>

enum { MOST_CELLS = 1 << 20 };

/*
 *   lowest, highest, value  [n_indices] of the case; of the cell at hand
 *   hashes                  [n_hashes] of the tables of the cells that were
 *                           checked for this case
 *   x                       [n_inputs] scratch
 */
struct cells {
    const struct check_head *head;
    const struct check_network *network;
    const struct check_query *query;
    size_t number; /* of the case */
    int64_t *lowest;
    int64_t *highest;
    int64_t *value;
    size_t n_hashes;
    unsigned char (*hashes)[CHECK_HASH];
    mpq_t *x;
};

_Noreturn static void reject(const struct cells *cells, const char *reason)
{
    check_reject("%s: case %zu: %s", cells->head->file.path, cells->number,
                 reason);
}

/* End e of the box of input i. */
static void get_end(mpq_t end, const struct cells *cells, size_t i, size_t e)
{
    const struct check_atom *atom =
        cells->query->cases[cells->number].box[2 * i + e];
    if (atom == NULL) {
        reject(cells, "an input without an end");
    }
    mpq_set(end, atom->rhs);
    if (e == 0) { /* -1*X <= rhs */
        mpq_neg(end, end);
    }
}

/* The end rounded towards 0: a Cast of it. */
static int64_t get_whole(const struct cells *cells, size_t i, size_t e)
{
    mpq_t end;
    mpz_t whole;
    mpq_init(end);
    mpz_init(whole);
    get_end(end, cells, i, e);
    mpz_tdiv_q(whole, mpq_numref(end), mpq_denref(end));
    if (mpz_sizeinbase(whole, 2) > 53) {
        reject(cells, "an index beyond 2^53");
    }
    const int64_t value = mpz_get_si(whole);
    mpq_clear(end);
    mpz_clear(whole);
    return value;
}

/* Whether input i has one value in the box. */
static bool is_fixed(const struct cells *cells, size_t i)
{
    mpq_t ends[2];
    mpq_inits(ends[0], ends[1], NULL);
    get_end(ends[0], cells, i, 0);
    get_end(ends[1], cells, i, 1);
    const bool is_same = mpq_equal(ends[0], ends[1]) != 0;
    mpq_clears(ends[0], ends[1], NULL);
    return is_same;
}

static void mark(bool *is_read, const struct check_network *network,
                 const uint32_t *coordinates, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (coordinates[k] < network->n_inputs) {
            is_read[coordinates[k]] = true;
        }
    }
}

static void mark_disjunct(bool *is_read, const struct check_disjunct *disjunct)
{
    for (size_t a = 0; a < disjunct->n_atoms; a++) {
        const struct check_atom *atom = disjunct->atoms[a];
        for (size_t t = 0; t < atom->n_terms; t++) {
            if (!atom->terms[t].is_output) {
                is_read[atom->terms[t].index] = true;
            }
        }
    }
}

/* The inputs that the network or an atom of the case reads. */
static void mark_read(bool *is_read, const struct check_network *network,
                      const struct check_case *of)
{
    for (size_t l = 0; l < network->n_layers; l++) {
        const struct check_layer *layer = &network->layers[l];
        if (layer->kind == CHECK_AFFINE) {
            mark(is_read, network, layer->column, layer->start[layer->width]);
        } else {
            mark(is_read, network, layer->source, check_n_sources(layer));
        }
    }
    mark(is_read, network, network->output, network->n_outputs);
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        mark_disjunct(is_read, &of->disjuncts[d]);
    }
}

/* Whether the tables of a network at a cell are among those at cell 0, so that
 * their hash tells. */
static bool has_known_tables(const struct check_network *network,
                             const struct check_network *at_zero)
{
    bool is_known = true;
    for (size_t i = 0; i < network->n_tables && is_known; i++) {
        is_known = false;
        for (size_t k = 0; k < at_zero->n_tables && !is_known; k++) {
            is_known = strcmp(network->tables[i], at_zero->tables[k]) == 0;
        }
    }
    return is_known;
}

/* What is read has one value in the box, so the outputs and atoms do; they are
 * safe there. */
static void check_cell(struct cells *cells)
{
    const struct check_case *of = &cells->query->cases[cells->number];
    const struct check_cell cell = {cells->network->n_indices, cells->value};
    struct check_network *network = check_network_at(cells->network, &cell);
    bool *is_read = check_alloc(network->n_inputs, sizeof *is_read);
    if (network->n_inputs != cells->network->n_inputs ||
        network->n_outputs != cells->network->n_outputs) {
        reject(cells, "the number of outputs depends on the cell");
    }
    if (!has_known_tables(network, cells->network)) {
        check_unsupported("%s: tables that depend on the cell",
                          network->file.path);
    }
    mark_read(is_read, network, of);
    for (size_t i = 0; i < network->n_inputs; i++) {
        if (is_read[i] && !is_fixed(cells, i)) {
            reject(cells, "an input that counts has several values in a cell");
        }
        get_end(cells->x[i], cells, i, 0);
    }
    if (!check_is_safe_at(network, of, cells->x)) {
        reject(cells, "a cell is not shown to be safe");
    }
    check_free(is_read);
    check_network_free(network);
}

/* Whether a cell with these tables was checked before, else notes them. */
static bool is_known(struct cells *cells, const unsigned char *hash)
{
    for (size_t i = 0; i < cells->n_hashes; i++) {
        if (memcmp(cells->hashes[i], hash, CHECK_HASH) == 0) {
            return true;
        }
    }
    cells->hashes =
        check_grow(cells->hashes, cells->n_hashes, sizeof *cells->hashes);
    memcpy(cells->hashes[cells->n_hashes++], hash, CHECK_HASH);
    return false;
}

/* The next cell of the box, the last index fastest; false behind the last. */
static bool advance(struct cells *cells)
{
    for (size_t k = cells->network->n_indices; k-- > 0;) {
        if (cells->value[k] < cells->highest[k]) {
            cells->value[k]++;
            return true;
        }
        cells->value[k] = cells->lowest[k];
    }
    return false;
}

static void check_case(struct cells *cells)
{
    const struct check_network *network = cells->network;
    unsigned char hash[CHECK_HASH];
    double n = 1.0;
    cells->n_hashes = 0;
    for (size_t k = 0; k < network->n_indices; k++) {
        const size_t i = network->index[k];
        cells->lowest[k] = get_whole(cells, i, 0);
        cells->highest[k] = get_whole(cells, i, 1);
        cells->value[k] = cells->lowest[k];
        n *= (double)(cells->highest[k] - cells->lowest[k]) + 1.0;
    }
    if (n > (double)MOST_CELLS) {
        check_unsupported("%s: more than %d cells", cells->head->file.path,
                          MOST_CELLS);
    }
    do {
        const struct check_cell cell = {network->n_indices, cells->value};
        check_network_tables(hash, network, &cell);
        if (!is_known(cells, hash)) {
            check_cell(cells);
        }
    } while (advance(cells));
    check_free(cells->hashes);
    cells->hashes = NULL;
}

void check_cells(const struct check_head *head,
                 const struct check_network *network,
                 const struct check_query *query)
{
    const size_t n = network->n_indices;
    struct cells cells = {.head = head, .network = network, .query = query};
    cells.lowest = check_alloc(n, sizeof *cells.lowest);
    cells.highest = check_alloc(n, sizeof *cells.highest);
    cells.value = check_alloc(n, sizeof *cells.value);
    cells.x = check_alloc(network->n_inputs, sizeof *cells.x);
    for (size_t i = 0; i < network->n_inputs; i++) {
        mpq_init(cells.x[i]);
    }
    for (; cells.number < query->n_cases; cells.number++) {
        check_case(&cells);
    }
    for (size_t i = 0; i < network->n_inputs; i++) {
        mpq_clear(cells.x[i]);
    }
    check_free(cells.x);
    check_free(cells.lowest);
    check_free(cells.highest);
    check_free(cells.value);
}
