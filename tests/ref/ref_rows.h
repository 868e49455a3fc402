/* Random rows to bound by back-substitution, and checks of them. */
#ifndef ASTROLABE_TESTS_REF_REF_ROWS_H
#define ASTROLABE_TESTS_REF_REF_ROWS_H

#include "domains/backward.h"
#include "src/base/rng.h"
#include "tests/ref/ref_backward.h"
#include "tests/ref/ref_network.h"

#include <stddef.h>
#include <stdint.h>

enum { REF_ROWS_SEEDS = 6, REF_ROWS_MOST = 9, REF_ROWS_INPUTS = 6 };

/* A network, a region, and bounds for scale and lines; `region` is the one
 * the lines hold for, inside the one of the scale. seed: for messages. */
struct ref_rows_sample {
    struct rng rng;
    uint64_t seed;
    struct layers *layers;
    struct ref_region region;
    struct bounds scale;
    struct bounds lines;
};

/* A random sample of the test's seed and a round. */
void ref_rows_sample_init(struct ref_rows_sample *sample, size_t round);
void ref_rows_sample_clear(struct ref_rows_sample *sample);

/* Initialises scale and lines of a sample with a network and a region: they are
 * the intervals of the region. */
void ref_rows_sample_bound(struct ref_rows_sample *sample);

/* Gives the back-substitution the scale and the lines of the sample. */
void ref_rows_set_lines(struct backward *backward,
                        const struct ref_rows_sample *sample);

/* Rows to bound: some coefficients each, and a constant. */
struct ref_rows_seed {
    size_t layer;
    size_t neuron;
    double coefficient;
};

struct ref_rows {
    size_t n;
    struct ref_rows_seed seed[REF_ROWS_MOST][REF_ROWS_SEEDS];
    double constant[REF_ROWS_MOST];
};

void ref_rows_random(struct ref_rows *rows, const struct layers *layers,
                     struct rng *rng);

/* Rows `first` .. `first + n` - 1 as those of the block that was begun. */
void ref_rows_seed_block(struct backward *backward, const struct ref_rows *rows,
                         size_t first, size_t n);

/* The product: these rows as one block. */
void ref_rows_run_block(struct backward *backward, const struct ref_rows *rows,
                        size_t first, size_t n);

/* Makes a zero twin that of row r, not yet run. */
void ref_rows_seed_twin(struct ref_backward *twin, const struct ref_rows *rows,
                        size_t r);

/* Fails the test unless row r of the last block is below the seeded sum of its
 * twin, which has not been run, at points of the region. */
void ref_rows_check_points(struct ref_rows_sample *sample,
                           const struct backward *backward, size_t r,
                           const struct ref_backward *unrun);

/* Fails the test unless `found` is not above the minimum of the twin, which was
 * run, and close. what: for messages. */
void ref_rows_check_minimum(const struct ref_rows_sample *sample, double found,
                            const struct ref_backward *twin, const char *what);

/* The same of every row, all in one block and each in a block of its own; below
 * the sums at points as well. */
void ref_rows_check(struct ref_rows_sample *sample, struct backward *backward,
                    const struct ref_rows *rows);

#endif
