/* Searches over networks and properties that a test makes up: what is proved
 * must be accepted by the checker. */
#ifndef ASTROLABE_TESTS_REF_REF_PROVE_H
#define ASTROLABE_TESTS_REF_REF_PROVE_H

#include "src/base/rng.h"
#include "src/verify/verify.h"
#include "tests/ref/ref_subject.h"

#include <stdbool.h>

/* What a set of runs came to. */
struct ref_prove_tally {
    size_t n_runs;
    size_t n_unsat;
    size_t n_splits;  /* of neurons in what was proved */
    size_t n_refined; /* bounds narrowed by branch and bound there */
    bool is_exact;    /* checked in integers as well */
};

/* Bytes of a property of at most 128 inputs. */
enum { REF_PROVE_TEXT = 1 << 14 };

/* What is unsafe besides outputs below a bound, if anything. */
enum ref_prove_kind {
    REF_PROVE_BELOW,  /* nothing: one disjunct of one atom */
    REF_PROVE_BESIDE, /* outputs above another bound: two disjuncts */
    REF_PROVE_CUT     /* nothing, and only in a part of the box: two atoms */
};

/*
 * A property. Of the n_inputs inputs, the first n_varying lie between -radius
 * and radius, the others are 0. Each bound is beyond all sampled outputs by a
 * share of their range that is drawn between gaps[.][0] and gaps[.][1]; a
 * negative share makes the property fail.
 *   gaps     below, above
 *   spacing  bounds are multiples of it, further beyond or further from there,
 *            unless it is 0: multiples of bounds with few bits are exact
 */
struct ref_prove_aim {
    enum ref_prove_kind kind;
    size_t n_varying;
    size_t n_inputs;
    double radius;
    double gaps[2][2];
    double spacing;
};

/* Writes such a property of a network of one output. False if outputs are too
 * large for a certificate. */
bool ref_prove_property(char text[REF_PROVE_TEXT],
                        const struct ref_bytes *model,
                        const struct ref_prove_aim *aim, struct rng *rng);

/* Opens a subject with such a property; the model is cleared. If the answer is
 * false, nothing is open. */
bool ref_prove_open(struct ref_subject *subject, struct ref_bytes *model,
                    const struct ref_prove_aim *aim, struct rng *rng);

/* Tries to prove the property for some seconds; fails the test if the checker
 * does not accept the certificate, as it is found and minimised. seed: for
 * messages. */
enum verdict ref_prove_run(struct ref_prove_tally *tally,
                           const struct ref_subject *subject,
                           enum solver_engine engine, uint64_t seed,
                           double seconds);

#endif
