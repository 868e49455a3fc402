/* What the checker and its twin say of a mutant, each in a child process. */
#ifndef ASTROLABE_TESTS_MUTATE_JUDGE_H
#define ASTROLABE_TESTS_MUTATE_JUDGE_H

#include "proofs/check/check_back.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_vnnlib.h"
#include "tests/mutate/mutant.h"

/* A network and a property as the checker reads them. */
struct reading {
    struct check_network *network;
    struct check_property *property;
    struct check_query *query;
};

/* Reads both files; the process ends if the checker refuses them. */
void reading_open(struct reading *reading, const char *network,
                  const char *property);

/* Puts the three hashes of the certificate right. */
void reading_bind(struct ref_bytes *certificate, const struct reading *reading);

/* Replaces the last 32 bytes by the hash of the others. */
void repair_end(struct ref_bytes *certificate);

/*
 * A question about a mutant.
 *   reading     of the original files
 *   folder      for files of this process
 *   is_rebound  network and property are the mutant's, read anew; the
 *               certificate's hashes are put right
 */
struct question {
    const struct mutant *mutant;
    const struct reading *reading;
    const char *folder;
    bool is_rebound;
};

enum { JUDGE_TIMED_OUT = 256, JUDGE_CRASHED = 257 };

/* Exit status of the checker, or one of the above. */
int judge_by_checker(const struct question *question,
                     enum check_arithmetic arithmetic);

/* enum ref_verdict, or one of the above. */
int judge_by_twin(const struct question *question);

#endif
