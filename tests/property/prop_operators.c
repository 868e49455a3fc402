/* Every operator, with one and with two computed inputs: its values at points
 * of boxes lie within the bounds of every domain and of the evaluation by
 * intervals, and the checker reads the network as the verifier does. */
#include "domains/domain.h"
#include "proofs/check/check_network.h"
#include "src/base/log.h"
#include "src/base/rng.h"
#include "src/net/net.h"
#include "tests/ref/ref_operators.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_OUTPUTS = 64, N_POINTS = 16, MOST_TEXT = 1 << 14 };

/* A part of the box: thin, fixed and wide sides; and points of it. */
static void draw(struct region *region, double ends[2][REF_OPERATOR_INPUTS],
                 double x[N_POINTS][REF_OPERATOR_INPUTS],
                 const struct ref_operator_net *subject, struct rng *rng)
{
    static const double shares[] = {0.0, 1e-9, 0.01, 0.3, 1.0};
    for (size_t i = 0; i < net_n_inputs(subject->net); i++) {
        const double l = subject->lower[i];
        const double width = subject->upper[i] - l;
        const double share = shares[rng_below(rng, 5)];
        const double start = rng_below(rng, 2) == 0
                                 ? rng_range(rng, 0.0, 1.0 - share)
                                 : 0.5 * (1.0 - share);
        ends[0][i] = l + start * width;
        ends[1][i] = fmin(ends[0][i] + share * width, subject->upper[i]);
        for (size_t t = 0; t < N_POINTS; t++) {
            x[t][i] = t < 4 ? ends[(t >> (i % 2)) & 1][i]
                            : rng_range(rng, ends[0][i], ends[1][i]);
        }
    }
    *region = (struct region){.lower = ends[0], .upper = ends[1]};
}

static void check_within(const struct ref_operator_net *subject,
                         const char *name, const double *y, const double *lower,
                         const double *upper)
{
    for (size_t j = 0; j < net_n_outputs(subject->net); j++) {
        const double room = 1e-9 * (1.0 + fabs(y[j]));
        ck_assert_msg(lower[j] <= y[j] + room && y[j] - room <= upper[j],
                      "%s (%s): %a of output %zu is outside [%a, %a] (%s)",
                      subject->row->name, subject->row->inputs, y[j], j,
                      lower[j], upper[j], name);
    }
}

/* Bounds of one kind for the region, and whether all are finite. */
static bool check_domain(const struct ref_operator_net *subject, size_t d,
                         const struct region *region, double (*y)[MOST_OUTPUTS])
{
    const struct domain_ops *ops = domain_at(d);
    const size_t last = subject->layers->n_layers - 1;
    struct domain *domain = ops->create(subject->layers);
    struct bounds bounds;
    bool is_finite = true;
    bounds_init(&bounds, subject->layers);
    ck_assert_int_eq(ops->propagate(domain, &bounds, region, NULL),
                     DOMAIN_DONE);
    for (size_t t = 0; t < N_POINTS; t++) {
        check_within(subject, ops->name, y[t], bounds.lower[last],
                     bounds.upper[last]);
    }
    for (size_t j = 0; j < net_n_outputs(subject->net); j++) {
        is_finite = is_finite && isfinite(bounds.lower[last][j]) &&
                    isfinite(bounds.upper[last][j]);
    }
    ops->destroy(domain);
    bounds_clear(&bounds);
    return is_finite;
}

START_TEST(bounds_contain_the_values_of_every_operator)
{
    size_t n_boxes = 0;
    size_t n_finite = 0;
    struct rng rng;
    rng_init(&rng, test_seed());
    log_set_level(LOG_ERROR);
    for (size_t k = 0; k < ref_operator_count(); k++) {
        struct ref_operator_net subject;
        ref_operator_open(&subject, ref_operator_at(k));
        ck_assert_uint_le(net_n_outputs(subject.net), MOST_OUTPUTS);
        for (size_t round = 0; round < test_count(4); round++) {
            double ends[2][REF_OPERATOR_INPUTS];
            double x[N_POINTS][REF_OPERATOR_INPUTS];
            double y[N_POINTS][MOST_OUTPUTS];
            double range[2][MOST_OUTPUTS];
            struct region region;
            struct error error = {0};
            draw(&region, ends, x, &subject, &rng);
            for (size_t t = 0; t < N_POINTS; t++) {
                ck_assert_int_eq(net_eval_f64(y[t], subject.net, x[t], &error),
                                 STATUS_OK);
            }
            if (net_eval_interval(range[0], range[1], subject.net, ends[0],
                                  ends[1], &error) == STATUS_OK) {
                for (size_t t = 0; t < N_POINTS; t++) {
                    check_within(&subject, "intervals", y[t], range[0],
                                 range[1]);
                }
            }
            for (size_t d = 0; d < domain_count(); d++) {
                n_finite += check_domain(&subject, d, &region, y) ? 1 : 0;
                n_boxes++;
            }
        }
        ref_operator_close(&subject);
    }
    ck_assert_uint_gt(n_finite, n_boxes / 10 * 9);
}
END_TEST

/* What the checker prints about the network; "" if it does not read it. The
 * process that it ends then holds no memory of the verifier. */
static void dump_checked(char text[MOST_TEXT], const struct ref_operator *row)
{
    double ends[2][REF_OPERATOR_INPUTS];
    char path[64];
    struct ref_bytes model = ref_operator_model(row, ends[0], ends[1]);
    ref_file_write(path, model.data, model.n);
    ref_bytes_clear(&model);
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    (void)fflush(NULL);
    const pid_t process = fork();
    ck_assert_int_ge(process, 0);
    if (process == 0) {
        if (freopen("/dev/null", "w", stderr) != NULL) {
            struct check_network *network = check_network_load(path);
            check_network_dump(file, network);
            check_network_free(network);
            (void)fflush(file);
        }
        exit(EXIT_SUCCESS);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    ck_assert(WIFEXITED(status));
    rewind(file);
    text[fread(text, 1, MOST_TEXT - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(text[0] == '\0' ? 4 : 0, WEXITSTATUS(status));
    ref_file_remove(path);
}

START_TEST(both_readers_have_the_same_neurons)
{
    size_t n_same = 0;
    log_set_level(LOG_ERROR);
    for (size_t k = 0; k < ref_operator_count(); k++) {
        static char texts[2][MOST_TEXT];
        struct ref_operator_net subject;
        dump_checked(texts[0], ref_operator_at(k));
        ref_operator_open(&subject, ref_operator_at(k));
        if (texts[0][0] != '\0') {
            FILE *file = tmpfile();
            ck_assert_ptr_nonnull(file);
            net_dump(file, subject.net, subject.layers);
            rewind(file);
            texts[1][fread(texts[1], 1, MOST_TEXT - 1, file)] = '\0';
            ck_assert_int_eq(fclose(file), 0);
            ck_assert_msg(strcmp(texts[0], texts[1]) == 0, "%s (%s):\n%s\n%s",
                          subject.row->name, subject.row->inputs, texts[0],
                          texts[1]);
            n_same++;
        }
        ref_operator_close(&subject);
    }
    ck_assert_uint_gt(n_same, 80);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("operators");
    tcase_set_timeout(cases, 240.0);
    tcase_add_test(cases, bounds_contain_the_values_of_every_operator);
    tcase_add_test(cases, both_readers_have_the_same_neurons);
    return cases;
}
