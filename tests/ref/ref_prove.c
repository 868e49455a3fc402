/* Searches over networks and properties that a test makes up. */
#include "tests/ref/ref_prove.h"

#include "src/base/reader.h"
#include "src/base/require.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_INPUTS = 128, N_POINTS = 400 };

/* Facts of certificates end at 2^26. */
static const double MOST_VALUE = 0x1p14;

/* Writes a property with these bounds. */
static void write_property(char text[REF_PROVE_TEXT],
                           const struct ref_prove_aim *aim, double least,
                           double most)
{
    size_t at = 0;
    for (size_t i = 0; i < aim->n_inputs; i++) {
        const double end = i < aim->n_varying ? aim->radius : 0.0;
        at += (size_t)snprintf(text + at, REF_PROVE_TEXT - at,
                               "(declare-const X_%zu Real)(assert (<= X_%zu "
                               "%.6f))(assert (>= X_%zu %.6f))\n",
                               i, i, end, i, -end);
    }
    at += (size_t)snprintf(text + at, REF_PROVE_TEXT - at,
                           "(declare-const Y_0 Real)\n");
    if (aim->kind == REF_PROVE_BESIDE) {
        (void)snprintf(text + at, REF_PROVE_TEXT - at,
                       "(assert (or (and (<= Y_0 %.9f)) (and (>= Y_0 "
                       "%.9f))))\n",
                       least, most);
        return;
    }
    (void)snprintf(
        text + at, REF_PROVE_TEXT - at, "(assert (<= Y_0 %.9f))\n%s", least,
        aim->kind == REF_PROVE_CUT ? "(assert (<= (+ X_0 (* 2.0 X_1)) 0.25))\n"
                                   : "");
}

static struct query *load(const char *network_path, const char *property_path)
{
    struct query *query = NULL;
    struct error error = {0};
    const struct query_network network = {.path = network_path};
    REQUIRE(query_load(&query, property_path, 1, &network, false, &error) ==
            STATUS_OK);
    return query;
}

/* Least and greatest value of the only output of the network where the inputs
 * are in the box, of corners and random points; `text` is any property of
 * it. */
static void sample_values(double ends[2], const char *network_path,
                          const char *text, const struct ref_prove_aim *aim,
                          struct rng *rng)
{
    double x[MOST_INPUTS] = {0.0};
    const double radius = aim->radius;
    char path[64];
    ref_file_write(path, text, strlen(text));
    struct query *query = load(network_path, path);
    ref_file_remove(path);
    REQUIRE(query->layers->n_inputs <= MOST_INPUTS);
    ends[0] = HUGE_VAL;
    ends[1] = -HUGE_VAL;
    for (size_t t = 0; t < N_POINTS; t++) {
        double y = 0.0;
        for (size_t i = 0; i < aim->n_varying; i++) {
            x[i] = t < 1U << aim->n_varying
                       ? ((t >> i & 1) != 0 ? radius : -radius)
                       : rng_range(rng, -radius, radius);
        }
        layers_eval(&y, query->layers, x);
        ends[0] = fmin(ends[0], y);
        ends[1] = fmax(ends[1], y);
    }
    query_destroy(query);
}

/* A bound beyond an end, the greatest one or the least one turned round. */
static double place_bound(double end, size_t side,
                          const struct ref_prove_aim *aim, double range,
                          struct rng *rng)
{
    const double *gaps = aim->gaps[side];
    const double gap = rng_range(rng, gaps[0], gaps[1]) * range;
    const double bound = end + gap;
    if (!(aim->spacing > 0.0)) {
        return bound;
    }
    return aim->spacing * (gap > 0.0 ? ceil(bound / aim->spacing)
                                     : floor(bound / aim->spacing));
}

bool ref_prove_property(char text[REF_PROVE_TEXT],
                        const struct ref_bytes *model,
                        const struct ref_prove_aim *aim, struct rng *rng)
{
    char path[64];
    double ends[2];
    ref_file_write(path, model->data, model->n);
    write_property(text, aim, 0.0, 0.0);
    sample_values(ends, path, text, aim, rng);
    ref_file_remove(path);
    if (!(fmax(-ends[0], ends[1]) < MOST_VALUE)) {
        return false;
    }
    const double range = ends[1] - ends[0] + 1e-3;
    const double least = -place_bound(-ends[0], 0, aim, range, rng);
    write_property(text, aim, least,
                   aim->kind == REF_PROVE_BESIDE
                       ? place_bound(ends[1], 1, aim, range, rng)
                       : 0.0);
    return true;
}

bool ref_prove_open(struct ref_subject *subject, struct ref_bytes *model,
                    const struct ref_prove_aim *aim, struct rng *rng)
{
    char text[REF_PROVE_TEXT];
    if (!ref_prove_property(text, model, aim, rng)) {
        ref_bytes_clear(model);
        return false;
    }
    ref_subject_open(subject, model, text);
    return true;
}

/* Has the certificate at the path checked. */
static void check(const struct ref_prove_tally *tally,
                  const struct ref_subject *subject, const char *path,
                  uint64_t seed)
{
    struct bytes bytes = {0};
    struct error error = {0};
    ck_assert_int_eq(reader_load(&bytes, path, 1U << 24, &error), STATUS_OK);
    const struct ref_bytes certificate = {
        .data = (unsigned char *)bytes.data, .n = bytes.n, .capacity = bytes.n};
    for (size_t a = 0; a < (tally->is_exact ? 2 : 1); a++) {
        const int status = ref_subject_check(subject, &certificate,
                                             a == 0 ? CHECK_FAST : CHECK_EXACT);
        ck_assert_msg(status == 0, "seed %llu: not accepted",
                      (unsigned long long)seed);
    }
    bytes_clear(&bytes);
}

enum verdict ref_prove_run(struct ref_prove_tally *tally,
                           const struct ref_subject *subject,
                           enum solver_engine engine, uint64_t seed,
                           double seconds)
{
    struct query *query = load(subject->network_path, subject->property_path);
    struct proof *proof = NULL;
    struct error error = {0};
    struct verify_result result;
    char path[64];
    ref_file_write(path, "", 0);
    ck_assert_msg(proof_open(&proof, query, path, &error) == STATUS_OK, "%s",
                  error.message);
    const struct verify_options options = {
        .budget = {.deadline_s = budget_now_s() + seconds},
        .threads = 1,
        .seed = 1,
        .attack = false,
        .engine = engine,
        .proof = proof};
    verify_query(&result, query, &options);
    const enum verdict verdict = result.verdict;
    tally->n_runs++;
    if (verdict == VERDICT_UNSAT) {
        tally->n_unsat++;
        tally->n_splits += (size_t)result.stats.splits_neuron;
        tally->n_refined += (size_t)result.stats.ends_refined;
        ck_assert_msg(proof_write(proof, &result.stats, &error) == STATUS_OK,
                      "seed %llu: %s", (unsigned long long)seed, error.message);
        check(tally, subject, path, seed);
        ck_assert_int_eq(
            proof_shrink(proof, query, HUGE_VAL, &result.stats, &error),
            STATUS_OK);
        check(tally, subject, path, seed);
    }
    verify_result_clear(&result);
    proof_destroy(proof);
    query_destroy(query);
    ref_file_remove(path);
    return verdict;
}
