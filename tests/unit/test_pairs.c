/* Two networks that are nearly the same: planes around differences of ReLUs,
 * layers with differences, and their certificates. */
#include "domains/act_pair.h"
#include "proofs/cert_bin.h"
#include "proofs/check/check_certificate.h"
#include "proofs/check/check_join.h"
#include "proofs/check/check_pair.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/base/sha256.h"
#include "src/query/pairing.h"
#include "src/verify/proof.h"
#include "src/verify/verify.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <check.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACT_BITS = 10, N_INPUTS = 3, WIDTH = 8, N_HIDDEN = 3 };

static bool is_equal(double a, double b)
{
    return a <= b && a >= b;
}

static long draw(struct rng *rng, long most)
{
    return (long)rng_below(rng, 2 * (size_t)most + 1) - most;
}

/* Ends of a, b and b - a in units of 2^-FACT_BITS that are met by (a, b). */
static void draw_ends(long ends[3][2], struct rng *rng, long a, long b)
{
    const long values[3] = {a, b, b - a};
    static const long most[3] = {2000, 2000, 400};
    for (size_t k = 0; k < 3; k++) {
        ends[k][0] = values[k] - labs(draw(rng, most[k]));
        ends[k][1] = values[k] + labs(draw(rng, most[k]));
    }
}

static struct act_triple triple_of(long ends[3][2])
{
    struct act_triple z = {0};
    double *to[3] = {z.first, z.second, z.difference};
    for (size_t k = 0; k < 3; k++) {
        for (size_t e = 0; e < 2; e++) {
            to[k][e] = ldexp((double)ends[k][e], -FACT_BITS);
        }
    }
    return z;
}

static bool is_inside(long ends[3][2], long a, long b)
{
    const long values[3] = {a, b, b - a};
    for (size_t k = 0; k < 3; k++) {
        if (values[k] < ends[k][0] || values[k] > ends[k][1]) {
            return false;
        }
    }
    return true;
}

static double plane_at(const struct act_pair_plane *plane, double a, double b)
{
    return plane->first * a + plane->second * b + plane->difference * (b - a) +
           plane->intercept;
}

START_TEST(planes_are_below_and_above)
{
    struct rng rng;
    size_t n_inside = 0;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(2000); round++) {
        long ends[3][2];
        const long a = draw(&rng, 1500);
        draw_ends(ends, &rng, a, a + draw(&rng, 300));
        const struct act_triple z = triple_of(ends);
        const struct act_pair_planes planes = act_pair_planes(&z);
        double range[2];
        act_pair_range(&range[0], &range[1], &z);
        for (size_t point = 0; point < 200; point++) {
            const long x = a + draw(&rng, 2000);
            const long y = x + draw(&rng, 700);
            if (!is_inside(ends, x, y)) {
                continue;
            }
            const double at[2] = {ldexp((double)x, -FACT_BITS),
                                  ldexp((double)y, -FACT_BITS)};
            const double w = fmax(at[1], 0.0) - fmax(at[0], 0.0);
            ck_assert_double_le(plane_at(&planes.lower, at[0], at[1]), w);
            ck_assert_double_ge(plane_at(&planes.upper, at[0], at[1]), w);
            ck_assert_double_le(range[0], w);
            ck_assert_double_ge(range[1], w);
            n_inside++;
        }
    }
    ck_assert_uint_gt(n_inside, 1000);
}
END_TEST

START_TEST(planes_of_stable_relus_are_exact)
{
    static const struct {
        struct act_triple z;
        double plane[3];
    } rows[] = {
        {{{1.0, 2.0}, {0.5, 3.0}, {-1.0, 1.0}}, {0.0, 0.0, 1.0}},
        {{{-3.0, -2.0}, {-2.5, 0.0}, {-1.0, 3.0}}, {0.0, 0.0, 0.0}},
        {{{1.0, 2.0}, {-2.5, 0.0}, {-4.5, -1.0}}, {-1.0, 0.0, 0.0}},
        {{{-1.0, 0.0}, {0.5, 1.0}, {0.5, 2.0}}, {0.0, 1.0, 0.0}},
        /* b >= 0 by a and d alone */
        {{{1.0, 2.0}, {-9.0, 9.0}, {-1.0, 1.0}}, {0.0, 0.0, 1.0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct act_pair_planes planes = act_pair_planes(&rows[i].z);
        const struct act_pair_plane *both[2] = {&planes.lower, &planes.upper};
        for (size_t e = 0; e < 2; e++) {
            ck_assert(is_equal(both[e]->first, rows[i].plane[0]));
            ck_assert(is_equal(both[e]->second, rows[i].plane[1]));
            ck_assert(is_equal(both[e]->difference, rows[i].plane[2]));
            ck_assert(is_equal(both[e]->intercept, 0.0));
        }
    }
}
END_TEST

START_TEST(small_differences_have_close_planes)
{
    const struct act_triple z = {{-2.0, 2.0}, {-2.0, 2.0}, {-0.25, 0.75}};
    const struct act_pair_planes planes = act_pair_planes(&z);
    ck_assert(is_equal(planes.lower.difference, 0.25));
    ck_assert(is_equal(planes.upper.difference, 0.75));
    ck_assert_double_eq_tol(planes.lower.intercept, -0.1875, 1e-12);
    ck_assert_double_eq_tol(planes.upper.intercept, 0.1875, 1e-12);
    const struct act_triple open = {{-HUGE_VAL, 2.0}, {-2.0, 2.0}, {-1.0, 1.0}};
    ck_assert(isinf(act_pair_planes(&open).lower.intercept));
    ck_assert(isinf(act_pair_planes(&open).upper.intercept));
}
END_TEST

/* The checker's lines are those of its definition, and so are ours. */
START_TEST(the_checker_has_the_same_planes)
{
    struct rng rng;
    int64_t units[8] = {0};
    uint32_t source[3] = {0, 1, 2};
    const struct check_layer layer = {
        .kind = CHECK_DIFFERENCE, .first = 3, .width = 1, .source = source};
    const struct check_region region = {
        .fact_bits = FACT_BITS, .n_coordinates = 4, .ends = units};
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(2000); round++) {
        long ends[3][2];
        int64_t range[2];
        const long a = draw(&rng, 1500);
        draw_ends(ends, &rng, a, a + draw(&rng, 300));
        for (size_t e = 0; e < 2; e++) {
            units[e] = ends[2][e];
            units[2 + e] = ends[1][e];
            units[4 + e] = ends[0][e];
        }
        const struct act_triple z = triple_of(ends);
        const struct act_pair_planes planes = act_pair_planes(&z);
        const struct act_pair_plane *both[2] = {&planes.lower, &planes.upper};
        const struct check_curve_lines lines =
            check_pair_lines(&region, &layer, 0);
        for (size_t e = 0; e < 2; e++) {
            ck_assert(lines.has[e]);
            ck_assert(is_equal(both[e]->difference, lines.slope[e]));
            ck_assert(is_equal(both[e]->second, lines.rest[e][0]));
            ck_assert(is_equal(both[e]->first, lines.rest[e][1]));
            ck_assert_double_eq_tol(both[e]->intercept, lines.intercept[e],
                                    1e-10);
        }
        check_pair_ends(range, &region, &layer, 0);
        ck_assert_int_le(range[0], labs(ends[1][1]));
        ck_assert_int_le(range[0], range[1]);
    }
    units[0] = CHECK_NO_LOWER;
    ck_assert(!check_pair_lines(&region, &layer, 0).has[0]);
    ck_assert(!check_pair_lines(&region, &layer, 0).has[1]);
}
END_TEST

/* One file for each network, and the property. */
struct files {
    char model[2][64];
    char property[64];
};

/* A network of Gemm and Relu, N_HIDDEN times; weights move by up to `noise` of
 * their size in a way that `seed` decides. */
static void write_model(char path[64], double noise, uint64_t seed,
                        size_t width)
{
    struct rng shape;
    struct rng change;
    struct ref_model model = {.opset = 13};
    const int64_t input[] = {1, N_INPUTS};
    const int64_t output[] = {1, 1};
    char last[8] = "x";
    size_t n = N_INPUTS;
    rng_init(&shape, 11);
    rng_init(&change, seed);
    ref_model_input(&model, "x", 1, input, 2);
    for (size_t k = 0; k <= N_HIDDEN; k++) {
        const size_t m = k < N_HIDDEN ? width : 1;
        const int64_t dims[] = {(int64_t)n, (int64_t)m};
        double weight[WIDTH * (WIDTH + 1)];
        char names[4][8];
        char inputs[32];
        (void)snprintf(names[0], 8, "w%zu", k);
        (void)snprintf(names[1], 8, "z%zu", k);
        (void)snprintf(names[2], 8, "y%zu", k);
        for (size_t i = 0; i < n * m; i++) {
            weight[i] = rng_range(&shape, -0.7, 0.7) *
                        (1.0 + rng_range(&change, -noise, noise));
        }
        ref_model_floats(&model, names[0], dims, 2, weight);
        (void)snprintf(inputs, sizeof inputs, "%s,%s", last, names[0]);
        ref_model_node(&model, "MatMul", inputs, names[1]);
        if (k < N_HIDDEN) {
            ref_model_node(&model, "Relu", names[1], names[2]);
        }
        (void)snprintf(last, sizeof last, "%s", names[k < N_HIDDEN ? 2 : 1]);
        n = m;
    }
    ref_model_output(&model, last, 1, output, 2);
    ref_model_write(path, &model);
}

/* Two networks; `change` is the seed of the second one's noise, whose hidden
 * layers have `width` neurons. */
static void create_networks(struct files *files, double noise, uint64_t change,
                            size_t width)
{
    *files = (struct files){0};
    write_model(files->model[0], 0.0, 1, WIDTH);
    write_model(files->model[1], noise, change, width);
}

/* That outputs are epsilon apart where the first inputs differ by the offset
 * and the others are equal. */
static void create_property(struct files *files, double offset, double epsilon)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "(vnnlib-version <2.0>)(declare-network f (declare-input X real "
        "[1,3])(declare-output Y real [1,1]))(declare-network g (isomorphic-to "
        "f)(declare-input P real [1,3])(declare-output Q real [1,1]))"
        "(assert (and (>= X[0,0] -1.0)(<= X[0,0] 1.0)(>= X[0,1] -1.0)"
        "(<= X[0,1] 1.0)(>= X[0,2] -1.0)(<= X[0,2] 1.0)(== P[0,0] (+ X[0,0] "
        "%.6f))(== P[0,1] X[0,1])(== P[0,2] X[0,2])))"
        "(assert (or (>= Y[0,0] (+ Q[0,0] %.6f))(<= Y[0,0] (- Q[0,0] %.6f))))",
        offset, epsilon, epsilon);
    ref_file_write(files->property, text, strlen(text));
}

static void create(struct files *files, double noise, size_t width)
{
    create_networks(files, noise, 2, width);
    create_property(files, 0.0, 0.02);
}

static void destroy(const struct files *files)
{
    ref_file_remove(files->model[0]);
    ref_file_remove(files->model[1]);
    ref_file_remove(files->property);
}

static struct query *load(const struct files *files)
{
    const struct query_network networks[] = {{"f", files->model[0]},
                                             {"g", files->model[1]}};
    struct query *query = NULL;
    struct error error = {0};
    ck_assert_msg(query_load(&query, files->property, 2, networks, false,
                             &error) == STATUS_OK,
                  "%s", error.message);
    return query;
}

START_TEST(layers_with_differences_have_the_same_outputs)
{
    struct files files;
    struct query paired;
    struct rng rng;
    create(&files, 0.05, WIDTH);
    struct query *query = load(&files);
    ck_assert(pairing_init(&paired, query, true));
    ck_assert_uint_eq(paired.layers->n_pairs, (size_t)N_HIDDEN * WIDTH);
    ck_assert(pairing_is_near(&paired));
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < 50; round++) {
        double x[N_INPUTS];
        double y[2][2];
        for (size_t i = 0; i < N_INPUTS; i++) {
            x[i] = rng_range(&rng, -1.0, 1.0);
        }
        layers_eval(y[0], query->layers, x);
        layers_eval(y[1], paired.layers, x);
        ck_assert_double_eq_tol(y[0][0], y[1][0], 1e-12);
        ck_assert_double_eq_tol(y[0][1], y[1][1], 1e-12);
    }
    pairing_clear(&paired, query);
    query_destroy(query);
    destroy(&files);
}
END_TEST

START_TEST(networks_that_do_not_correspond_are_left_alone)
{
    struct files files;
    struct query paired;
    create(&files, 0.05, WIDTH - 1);
    struct query *query = load(&files);
    ck_assert(!pairing_init(&paired, query, true));
    ck_assert_ptr_eq(paired.layers, query->layers);
    pairing_clear(&paired, query);
    query_destroy(query);
    destroy(&files);
    /* these do, but are far from each other */
    create(&files, 4.0, WIDTH);
    query = load(&files);
    ck_assert(pairing_init(&paired, query, true));
    ck_assert(!pairing_is_near(&paired));
    pairing_clear(&paired, query);
    query_destroy(query);
    destroy(&files);
}
END_TEST

/* Decides and writes the certificate, which the path names then. */
static enum verdict decide(char path[64], const struct files *files,
                           bool is_shrunk)
{
    struct error error = {0};
    struct verify_result result = {0};
    struct query *query = load(files);
    struct verify_options options = {
        .budget = {.deadline_s = budget_now_s() + 60.0},
        .threads = 1,
        .seed = 1,
        .attack = true,
        .engine = SOLVER_AUTO};
    ref_file_write(path, "", 0);
    ck_assert(proof_open(&options.proof, query, path, &error) == STATUS_OK);
    verify_query(&result, query, &options);
    const enum verdict verdict = result.verdict;
    ck_assert_msg(proof_write(options.proof, &result.stats, &error) ==
                      STATUS_OK,
                  "%s", error.message);
    if (is_shrunk) {
        ck_assert(proof_shrink(options.proof, query, budget_now_s() + 60.0,
                               &result.stats, &error) == STATUS_OK);
    }
    proof_destroy(options.proof);
    verify_result_clear(&result);
    query_destroy(query);
    return verdict;
}

/* Exits unless the checker accepts. */
static void check(const char *certificate, const struct files *files,
                  enum check_arithmetic arithmetic)
{
    char names[2][80];
    const char *paths[2] = {names[0], names[1]};
    (void)snprintf(names[0], sizeof names[0], "f=%s", files->model[0]);
    (void)snprintf(names[1], sizeof names[1], "g=%s", files->model[1]);
    struct check_property *property = check_property_load(files->property);
    struct check_network *network = check_networks_load(property, paths, 2);
    struct check_query *query = check_query_create(property);
    (void)check_certificate(certificate, network, property, query, arithmetic,
                            1);
    check_query_free(query);
    check_network_free(network);
    check_property_free(property);
}

static void read_file(unsigned char *bytes, size_t *n, size_t size,
                      const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    *n = fread(bytes, 1, size, file);
    ck_assert_uint_lt(*n, size);
    (void)fclose(file);
}

/* The certificate of what is decided about the networks: its size in bytes. */
static size_t read_certificate(unsigned char *bytes, size_t size,
                               struct files *files)
{
    char path[64];
    size_t n = 0;
    (void)decide(path, files, false);
    read_file(bytes, &n, size, path);
    ref_file_remove(path);
    return n;
}

START_TEST(certificates_about_differences_are_accepted)
{
    static unsigned char bytes[1 << 20];
    struct files files;
    char path[64];
    size_t n = 0;
    create(&files, 0.002, WIDTH);
    for (int is_shrunk = 0; is_shrunk < 2; is_shrunk++) {
        ck_assert_int_eq(decide(path, &files, is_shrunk == 1), VERDICT_UNSAT);
        read_file(bytes, &n, sizeof bytes, path);
        ck_assert_int_eq(bytes[5], CERT_BIN_PAIRS);
        check(path, &files, CHECK_FAST);
        check(path, &files, CHECK_EXACT);
        ref_file_remove(path);
    }
    destroy(&files);
}
END_TEST

START_TEST(networks_that_differ_have_a_witness)
{
    struct files files;
    char path[64];
    create(&files, 0.3, WIDTH);
    ck_assert_int_eq(decide(path, &files, false), VERDICT_SAT);
    check(path, &files, CHECK_FAST);
    ref_file_remove(path);
    destroy(&files);
}
END_TEST

/* The largest difference of the outputs at some points of the box. */
static double sample_difference(const struct query *query, struct rng *rng)
{
    double largest = 0.0;
    for (size_t round = 0; round < 2000; round++) {
        double x[N_INPUTS];
        double y[2];
        for (size_t i = 0; i < N_INPUTS; i++) {
            x[i] = rng_range(rng, -1.0, 1.0);
        }
        layers_eval(y, query->layers, x);
        largest = fmax(largest, fabs(y[0] - y[1]));
    }
    return largest;
}

/* Whatever the networks are: unsat only if no point says otherwise, and never
 * without a certificate that is accepted. */
START_TEST(verdicts_are_those_of_points_and_of_the_checker)
{
    static unsigned char bytes[1 << 20];
    struct rng rng;
    size_t n_paired = 0;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(12); round++) {
        struct files files;
        char path[64];
        size_t n = 0;
        const double noise = rng_range(&rng, 0.0, 0.05);
        const double limits[2] = {rng_below(&rng, 2) == 0 ? 0.0 : 0.0625,
                                  rng_range(&rng, 0.02, 0.2)};
        create_networks(&files, noise, 2 + round, WIDTH);
        create_property(&files, limits[0], limits[1]);
        struct query *query = load(&files);
        const double largest = sample_difference(query, &rng);
        query_destroy(query);
        const enum verdict verdict = decide(path, &files, round % 2 == 0);
        ck_assert(verdict == VERDICT_SAT || verdict == VERDICT_UNSAT);
        ck_assert(verdict == VERDICT_SAT || largest < limits[1]);
        read_file(bytes, &n, sizeof bytes, path);
        n_paired += bytes[5] == CERT_BIN_PAIRS ? 1 : 0;
        check(path, &files, CHECK_FAST);
        check(path, &files, CHECK_EXACT);
        ref_file_remove(path);
        destroy(&files);
    }
    ck_assert_uint_gt(n_paired, 0);
}
END_TEST

/* A certificate about differences, said to be about something else: the steps
 * are those of other layers. Exits with status 1. */
START_TEST(proofs_of_another_kind_are_rejected)
{
    static unsigned char bytes[1 << 20];
    struct files files;
    char path[64];
    create(&files, 0.002, WIDTH);
    const size_t n = read_certificate(bytes, sizeof bytes, &files);
    bytes[5] = CERT_BIN_LEVELS;
    sha256_digest(bytes + n - SHA256_BYTES, bytes, n - SHA256_BYTES);
    ref_file_write(path, bytes, n);
    check(path, &files, CHECK_FAST);
}
END_TEST

/* A true proof for a second network that differs a little, given to the checker
 * with another one whose hashes it has. */
static void check_with_other(double noise, size_t width)
{
    static unsigned char bytes[2][1 << 20];
    struct files files[2];
    char path[64];
    size_t n[2] = {0, 0};
    create(&files[0], 0.002, WIDTH);
    create(&files[1], noise, width);
    for (size_t k = 0; k < 2; k++) {
        n[k] = read_certificate(bytes[k], sizeof bytes[k], &files[k]);
    }
    memcpy(bytes[0] + 6, bytes[1] + 6, 3 * (size_t)SHA256_BYTES);
    sha256_digest(bytes[0] + n[0] - SHA256_BYTES, bytes[0],
                  n[0] - SHA256_BYTES);
    ref_file_write(path, bytes[0], n[0]);
    check(path, &files[1], CHECK_FAST);
}

/* Exits with status 1: it differs by more than allowed. */
START_TEST(a_proof_for_closer_networks_is_rejected)
{
    check_with_other(0.3, WIDTH);
}
END_TEST

/* Exits with status 1: its layers are narrower. */
START_TEST(differences_of_other_networks_are_rejected)
{
    check_with_other(0.002, WIDTH - 1);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("pairs");
    tcase_set_timeout(cases, 240.0);
    tcase_add_test(cases, planes_are_below_and_above);
    tcase_add_test(cases, planes_of_stable_relus_are_exact);
    tcase_add_test(cases, small_differences_have_close_planes);
    tcase_add_test(cases, the_checker_has_the_same_planes);
    tcase_add_test(cases, layers_with_differences_have_the_same_outputs);
    tcase_add_test(cases, networks_that_do_not_correspond_are_left_alone);
    tcase_add_test(cases, certificates_about_differences_are_accepted);
    tcase_add_test(cases, networks_that_differ_have_a_witness);
    tcase_add_test(cases, verdicts_are_those_of_points_and_of_the_checker);
    tcase_add_exit_test(cases, proofs_of_another_kind_are_rejected, 1);
    tcase_add_exit_test(cases, differences_of_other_networks_are_rejected, 1);
    tcase_add_exit_test(cases, a_proof_for_closer_networks_is_rejected, 1);
    return cases;
}
