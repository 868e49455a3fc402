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

/*
 * Writes a property of a network of one output. Of its n[1] inputs, the first
 * n[0] lie between -radius and radius, the others are 0. Unsafe are outputs
 * below the least of sampled ones by a share of their range that is drawn
 * between gaps[0] and gaps[1]; a negative share makes the property fail. False
 * if outputs are too large for a certificate.
 */
bool ref_prove_property(char text[REF_PROVE_TEXT],
                        const struct ref_bytes *model, const size_t n[2],
                        double radius, const double gaps[2], struct rng *rng);

/* Opens a subject with such a property; the model is cleared. If the answer is
 * false, nothing is open. */
bool ref_prove_open(struct ref_subject *subject, struct ref_bytes *model,
                    const size_t n[2], double radius, const double gaps[2],
                    struct rng *rng);

/* Tries to prove the property for some seconds; fails the test if the checker
 * does not accept the certificate, as it is found and minimised. seed: for
 * messages. */
enum verdict ref_prove_run(struct ref_prove_tally *tally,
                           const struct ref_subject *subject,
                           enum solver_engine engine, uint64_t seed,
                           double seconds);

#endif
