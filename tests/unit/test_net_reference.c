/* Networks of the competition against the outputs of an ONNX runtime. */
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/net/net.h"
#include "tests/suite.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void report(const char *path, const struct error *error)
{
    char text[2048];
    error_format(text, sizeof text, error);
    ck_abort_msg("%s: %s", path, text);
}

/* n numbers of one line after its letter; the next line. */
static const char *read_line(double *values, size_t n, const char *text)
{
    char *end = NULL;
    text++;
    for (size_t i = 0; i < n; i++) {
        values[i] = strtod(text, &end);
        ck_assert_ptr_ne(text, end);
        text = end;
    }
    while (*text != '\0' && *text != '\n') {
        text++;
    }
    return *text == '\n' ? text + 1 : text;
}

static void compare(const double *found, const double *expected, size_t n,
                    const char *path)
{
    for (size_t i = 0; i < n; i++) {
        const double limit = 1e-4 * (fabs(expected[i]) + 1e-3);
        ck_assert_msg(fabs(found[i] - expected[i]) <= limit,
                      "%s: output %zu is %a, expected %a", path, i, found[i],
                      expected[i]);
    }
}

/* All points of a reference file: runtime against float32, double and the
 * lowered layers. Returns their number. */
static size_t check_points(const char *path, const struct net *net,
                           const struct layers *layers, const char *text)
{
    const size_t n = net_n_inputs(net);
    const size_t m = net_n_outputs(net);
    double *x = NULL;
    double *expected = NULL;
    double *y = NULL;
    struct error error = {0};
    size_t n_points = 0;
    NEW_ARRAY(x, n);
    NEW_ARRAY(expected, m);
    NEW_ARRAY(y, m);
    while (*text != '\0') {
        if (*text == 'X') {
            text = read_line(x, n, text);
        } else if (*text == 'Y') {
            text = read_line(expected, m, text);
            for (size_t i = 0; i < n && net_is_input_float32(net); i++) {
                x[i] = (double)(float)x[i];
            }
            ck_assert_int_eq(net_eval_f32(y, net, x, &error), STATUS_OK);
            compare(y, expected, m, path);
            ck_assert_int_eq(net_eval_f64(y, net, x, &error), STATUS_OK);
            compare(y, expected, m, path);
            layers_eval(y, layers, x);
            compare(y, expected, m, path);
            n_points++;
        } else {
            const char *end = strchr(text, '\n');
            text = end == NULL ? "" : end + 1;
        }
    }
    alloc_free(x);
    alloc_free(expected);
    alloc_free(y);
    return n_points;
}

/* 1e-5 of the value, and as much of the greatest output. */
static void compare_close(const double *found, const double *expected, size_t n,
                          const char *path)
{
    double most = 0.0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs(expected[i]));
    }
    for (size_t i = 0; i < n; i++) {
        const double limit = 1e-5 * (fabs(expected[i]) + most);
        ck_assert_msg(fabs(found[i] - expected[i]) <= limit,
                      "%s: output %zu is %.9g, expected %.9g", path, i,
                      found[i], expected[i]);
    }
}

/* Runtime against double, for networks that need no layers. */
static void check_values(const char *path, const char *reference)
{
    struct error error = {0};
    struct net *net = NULL;
    struct bytes bytes = {0};
    double *x = NULL;
    double *y = NULL;
    double *expected = NULL;
    if (net_load(&net, path, &error) != STATUS_OK ||
        reader_load(&bytes, reference, 1U << 28, &error) != STATUS_OK) {
        report(path, &error);
    }
    const char *text = bytes.data;
    NEW_ARRAY(x, net_n_inputs(net));
    NEW_ARRAY(y, net_n_outputs(net));
    NEW_ARRAY(expected, net_n_outputs(net));
    while (*text != '\0') {
        if (*text == 'X') {
            text = read_line(x, net_n_inputs(net), text);
        } else if (*text == 'Y') {
            text = read_line(expected, net_n_outputs(net), text);
            for (size_t i = 0; i < net_n_inputs(net); i++) {
                x[i] = net_is_input_float32(net) ? (double)(float)x[i] : x[i];
            }
            ck_assert_int_eq(net_eval_f64(y, net, x, &error), STATUS_OK);
            compare_close(y, expected, net_n_outputs(net), path);
        } else {
            const char *end = strchr(text, '\n');
            text = end == NULL ? "" : end + 1;
        }
    }
    alloc_free(x);
    alloc_free(y);
    alloc_free(expected);
    bytes_clear(&bytes);
    net_destroy(net);
}

static void check_network(const char *path, const char *reference)
{
    struct error error = {0};
    struct net *net = NULL;
    struct layers *layers = NULL;
    struct bytes text = {0};
    if (net_load(&net, path, &error) != STATUS_OK ||
        net_lower(&layers, net, &error) != STATUS_OK ||
        reader_load(&text, reference, 1U << 28, &error) != STATUS_OK) {
        report(path, &error);
    }
    ck_assert_uint_eq(layers->n_inputs, net_n_inputs(net));
    ck_assert_uint_eq(layers->n_outputs, net_n_outputs(net));
    ck_assert_uint_ge(check_points(path, net, layers, text.data), 1);
    bytes_clear(&text);
    layers_destroy(layers);
    net_destroy(net);
}

/* Large networks are left out unless the factor asks for more. */
static bool is_too_large(const char *path, long limit_bytes)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    const long n = ftell(file);
    ck_assert_int_eq(fclose(file), 0);
    return n > limit_bytes && test_count(1) == 1;
}

/* Every network of one benchmark that has reference outputs. */
static void check_benchmark(const char *name, long limit_bytes,
                            void (*check)(const char *, const char *))
{
    char folder[256];
    (void)snprintf(folder, sizeof folder, "vnncomp/%s/onnx", name);
    const char *shared = test_shared(name, folder);
    if (shared == NULL) {
        return;
    }
    size_t n_checked = 0;
    (void)snprintf(folder, sizeof folder, "%s", shared);
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        char path[1024];
        char reference[1024];
        const size_t n = strlen(entry->d_name);
        if (n < 3 || strcmp(entry->d_name + n - 3, ".gz") != 0) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        (void)snprintf(reference, sizeof reference,
                       "../shared/vnncomp/reference_io/%s/%.*s.txt.gz", name,
                       (int)(n - 3), entry->d_name);
        if (is_too_large(path, limit_bytes)) {
            printf("SKIPPED %s: large\n", path);
            continue;
        }
        check(path, reference);
        n_checked++;
    }
    ck_assert_int_eq(closedir(dir), 0);
    ck_assert_uint_ge(n_checked, 1);
}

#define BENCHMARK(test, name, limit_bytes)                 \
    START_TEST(test)                                       \
    {                                                      \
        check_benchmark(name, limit_bytes, check_network); \
    }                                                      \
    END_TEST

BENCHMARK(acasxu_agrees, "acasxu", 1000000)
BENCHMARK(rl_benchmarks_agree, "rl_benchmarks", 1000000)
BENCHMARK(reach_prob_density_agrees, "reach_prob_density", 1000000)
BENCHMARK(tllverifybench_agrees, "tllverifybench", 100000)
BENCHMARK(test_agrees, "test", 1000000)
BENCHMARK(cersyve_agrees, "cersyve", 1000000)
BENCHMARK(sat_relu_agrees, "sat_relu", 1000000)
BENCHMARK(linearizenn_agrees, "linearizenn", 1000000)
BENCHMARK(oval21_agrees, "oval21", 1000000)

#define VALUES(test, name)                            \
    START_TEST(test)                                  \
    {                                                 \
        check_benchmark(name, 5000000, check_values); \
    }                                                 \
    END_TEST

VALUES(carvana_unet_evaluates, "carvana_unet")
VALUES(cctsdb_yolo_evaluates, "cctsdb_yolo")
VALUES(dist_shift_evaluates, "dist_shift")
VALUES(eran_evaluates, "eran")
VALUES(lsnc_evaluates, "lsnc")
VALUES(ml4acopf_evaluates, "ml4acopf")
VALUES(nn4sys_evaluates, "nn4sys")
VALUES(traffic_signs_evaluates, "traffic_signs")
VALUES(vit_evaluates, "vit")

TCase *test_cases(void)
{
    TCase *cases = tcase_create("net_reference");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, acasxu_agrees);
    tcase_add_test(cases, rl_benchmarks_agree);
    tcase_add_test(cases, reach_prob_density_agrees);
    tcase_add_test(cases, tllverifybench_agrees);
    tcase_add_test(cases, test_agrees);
    tcase_add_test(cases, cersyve_agrees);
    tcase_add_test(cases, sat_relu_agrees);
    tcase_add_test(cases, linearizenn_agrees);
    tcase_add_test(cases, oval21_agrees);
    tcase_add_test(cases, carvana_unet_evaluates);
    tcase_add_test(cases, cctsdb_yolo_evaluates);
    tcase_add_test(cases, dist_shift_evaluates);
    tcase_add_test(cases, eran_evaluates);
    tcase_add_test(cases, lsnc_evaluates);
    tcase_add_test(cases, ml4acopf_evaluates);
    tcase_add_test(cases, nn4sys_evaluates);
    tcase_add_test(cases, traffic_signs_evaluates);
    tcase_add_test(cases, vit_evaluates);
    return cases;
}
