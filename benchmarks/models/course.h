/* One trained model: its samples, its layers and its properties. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_COURSE_H
#define ASTROLABE_BENCHMARKS_MODELS_COURSE_H

#include "benchmarks/models/instances.h"
#include "benchmarks/models/train.h"

struct course {
    const char *name;
    uint64_t seed;
    struct toy_plane input;
    size_t n_train;
    size_t n_tests;
    size_t n_epochs;
    double rate;
    /* Draws n samples into *samples, to be released by samples_clear. */
    void (*draw)(struct samples *samples, size_t n, struct rng *rng);
    /* Adds the layers after the input. */
    void (*build)(struct toy *toy);
    /* Adds the families of properties; some are around tests. */
    enum status (*add_families)(struct instances *instances,
                                const struct samples *tests,
                                struct error *error);
    /* Name of a second network, with weights of 8 bits; or NULL. */
    const char *rounded;
};

/* Draws the training samples and then the tests, trains the network, logs its
 * accuracy, and adds it with its properties. */
enum status course_add(struct instances *instances, const struct course *course,
                       struct error *error);

#endif
