/* Searches over networks and properties that a test makes up: what is proved
 * must be accepted by the checker. */
#ifndef ASTROLABE_TESTS_REF_REF_PROVE_H
#define ASTROLABE_TESTS_REF_REF_PROVE_H

#include "src/base/rng.h"
#include "src/verify/verify.h"
#include "tests/ref/ref_subject.h"

/* What a set of runs came to. */
struct ref_prove_tally {
    size_t n_runs;
    size_t n_unsat;
    size_t n_splits;  /* of neurons in what was proved */
    size_t n_refined; /* bounds narrowed by branch and bound there */
    bool is_exact;    /* checked in integers as well */
};

/* Writes a property: of the inputs X_0 .. X_(n[1] - 1), the first n[0] lie
 * between -radius and radius, the others are 0; Y_0 <= most is unsafe. */
void ref_prove_property(char *text, size_t size, const size_t n[2],
                        double radius, double most);

/* Least and greatest value of the only output of the network where n inputs are
 * between -radius and radius, of corners and random points; `text` is any
 * property of it. */
void ref_prove_sample(double ends[2], const char *network_path,
                      const char *text, size_t n, double radius,
                      struct rng *rng);

/* Tries to prove the property for some seconds; fails the test if the checker
 * does not accept the certificate, as it is found and minimised. seed: for
 * messages. */
enum verdict ref_prove_run(struct ref_prove_tally *tally,
                           const struct ref_subject *subject,
                           enum solver_engine engine, uint64_t seed,
                           double seconds);

#endif
