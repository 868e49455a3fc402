/* The instances of a benchmark folder with their known verdicts. */
#ifndef ASTROLABE_APP_BENCH_LIST_H
#define ASTROLABE_APP_BENCH_LIST_H

#include "src/app/csv.h"
#include "src/base/error.h"
#include "src/base/status.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_REASON_BYTES = 160 };

/* The checker refused to decide, or was not asked, accepted, rejected. */
enum bench_certification { BENCH_UNCHECKED, BENCH_CERTIFIED, BENCH_REJECTED };

/*
 * What became of an instance.
 *   verdict     a verdict's word or "error"; NULL: not run
 *   boxes, stars, lps  counters of the run, 0 if unknown
 *   check       what became of the certificate of unsat
 *   proof_bytes, proof_leaves  0 without a certificate
 *   raw_bytes   of the certificate before minimization
 *   minimize_s  wall time of minimization, which wall_s includes
 *   check_s     wall time of the checker
 *   reason      of other verdicts than sat and unsat, and of unsat where a
 *               certificate was wanted but not accepted
 */
struct bench_outcome {
    const char *verdict;
    enum bench_certification check;
    double wall_s;
    double cpu_s;
    uint64_t max_rss_kb;
    uint64_t boxes;
    uint64_t stars;
    uint64_t lps;
    uint64_t proof_bytes;
    uint64_t proof_leaves;
    uint64_t raw_bytes;
    double minimize_s;
    double check_s;
    char reason[BENCH_REASON_BYTES];
};

/* Texts point into the list's files. */
struct bench_instance {
    const char *onnx;
    const char *vnnlib;
    const char *expected; /* "" when not known */
    double timeout_s;
    struct bench_outcome outcome;
};

struct bench_list {
    char *folder;    /* as given */
    char *benchmark; /* last part of the folder's full path */
    struct csv rows;
    struct csv expected;
    VEC(struct bench_instance) instances;
};

/* Which instances are taken: those whose file names contain match (NULL:
 * all); time limits above cap_s become cap_s. */
struct bench_filter {
    const char *match;
    double cap_s;
};

/*
 * Reads folder/instances.csv (onnx, vnnlib, seconds; a header is skipped)
 * and the verdicts of expected_path (columns benchmark, onnx, vnnlib,
 * expected); NULL: expected.csv in the folder or above it, if it exists.
 *   returns  STATUS_OK; STATUS_IO; STATUS_BAD_INPUT. bench_list_clear is due
 *            in all cases.
 */
enum status bench_list_load(struct bench_list *list, const char *folder,
                            const char *expected_path,
                            const struct bench_filter *filter,
                            struct error *error);
void bench_list_clear(struct bench_list *list);

/* Decimal seconds; false if the text is anything else. */
bool bench_read_seconds(double *seconds, const char *text);

/* The static word equal to text among the verdicts and "error"; NULL if
 * there is none. */
const char *bench_word(const char *text);

/* True if the outcome decides the instance, and if it does so against what
 * is known. */
bool bench_is_solved(const struct bench_instance *instance);
bool bench_is_wrong(const struct bench_instance *instance);

#endif
