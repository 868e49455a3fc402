/* Networks whose graph depends on inputs: values, verdicts, certificates. */
#include "proofs/check/check_certificate.h"
#include "proofs/check/check_join.h"
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/net/net.h"
#include "src/verify/verify.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLOAT32 = 1, INT64 = 7 };

static const int64_t zero = 0;
static const int64_t one = 1;
static const int64_t two = 2;
static const int64_t four = 4;

/* A list of one integer, named like its value. */
static void add_number(struct ref_model *model, const char *name,
                       const int64_t *value)
{
    ref_model_integers(model, name, value, 1);
}

/* x[4]; i = x[0] as an integer, [1]; v = x[1], [1]. */
static struct ref_model start(void)
{
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", FLOAT32, &four, 1);
    add_number(&model, "n0", &zero);
    add_number(&model, "n1", &one);
    add_number(&model, "n2", &two);
    add_number(&model, "n4", &four);
    ref_model_node(&model, "Gather", "x,n0", "x0");
    ref_model_node(&model, "Cast", "x0", "i");
    ref_node_int(&model, "to", INT64);
    ref_model_node(&model, "Gather", "x,n1", "v");
    return model;
}

static const double entries[] = {1.0, -2.0, 3.0, -2.0};

/* y = v * w[i] for w = 1, -2, 3, -2. */
static struct ref_bytes make_lookup(void)
{
    struct ref_model model = start();
    ref_model_floats(&model, "w", &four, 1, entries);
    ref_model_node(&model, "Gather", "w,i", "t");
    ref_model_node(&model, "Mul", "v,t", "y");
    ref_model_output(&model, "y", FLOAT32, &one, 1);
    return ref_model_finish(&model);
}

/* The same plus x[0]. */
static struct ref_bytes make_bypass(void)
{
    struct ref_model model = start();
    ref_model_floats(&model, "w", &four, 1, entries);
    ref_model_node(&model, "Gather", "w,i", "t");
    ref_model_node(&model, "Mul", "v,t", "p");
    ref_model_node(&model, "Add", "p,x0", "y");
    ref_model_output(&model, "y", FLOAT32, &one, 1);
    return ref_model_finish(&model);
}

/* y = tanh(x[1] * w[i]) - tanh(x[1] * w[i]), which is 0, and no enclosure of a
 * finite length tells. */
static struct ref_bytes make_undecided(void)
{
    struct ref_model model = start();
    ref_model_floats(&model, "w", &four, 1, entries);
    ref_model_node(&model, "Gather", "w,i", "t");
    ref_model_node(&model, "Mul", "v,t", "p");
    ref_model_node(&model, "Tanh", "p", "a");
    ref_model_node(&model, "Tanh", "p", "b");
    ref_model_node(&model, "Sub", "a,b", "y");
    ref_model_output(&model, "y", FLOAT32, &one, 1);
    return ref_model_finish(&model);
}

/* m[4] = 1 but at i, where it is -1, if there is such a place:
 * lists that may be empty are cut, reshaped, spread and written. */
static void add_patch(struct ref_model *model)
{
    static const double ones[] = {1.0, 1.0, 1.0, 1.0};
    static const double minus = -1.0;
    static const int64_t column[] = {-1, 1};
    ref_model_floats(model, "ones", &four, 1, ones);
    ref_model_floats(model, "minus", &one, 1, &minus);
    ref_model_tensor(
        model, "start", INT64, &zero, 0,
        &(struct ref_bytes){.data = (unsigned char[8]){0}, .n = 8});
    ref_model_tensor(
        model, "limit", INT64, &zero, 0,
        &(struct ref_bytes){.data = (unsigned char[8]){4}, .n = 8});
    ref_model_tensor(
        model, "step", INT64, &zero, 0,
        &(struct ref_bytes){.data = (unsigned char[8]){1}, .n = 8});
    ref_model_node(model, "Range", "start,limit,step", "all");
    ref_model_node(model, "Add", "i,n1", "end");
    ref_model_node(model, "Slice", "all,i,end,n0", "place");
    ref_model_node(model, "Shape", "place", "shape");
    ref_model_node(model, "Expand", "minus,shape", "update");
    ref_model_integers(model, "column", column, 2);
    ref_model_node(model, "Reshape", "place,column", "rows");
    ref_model_node(model, "ScatterND", "ones,rows,update", "m");
}

/* y[4] = x * m */
static struct ref_bytes make_patch(void)
{
    struct ref_model model = start();
    add_patch(&model);
    ref_model_node(&model, "Mul", "x,m", "y");
    ref_model_output(&model, "y", FLOAT32, &four, 1);
    return ref_model_finish(&model);
}

/* y = v * m[2] */
static struct ref_bytes make_patch_of_one(void)
{
    struct ref_model model = start();
    add_patch(&model);
    ref_model_node(&model, "Gather", "m,n2", "t");
    ref_model_node(&model, "Mul", "v,t", "y");
    ref_model_output(&model, "y", FLOAT32, &one, 1);
    return ref_model_finish(&model);
}

/* y = v * sum of a Range of i elements and a slice of v that is empty at 0. */
static struct ref_bytes make_growing(void)
{
    struct ref_model model = start();
    ref_model_node(&model, "Slice", "x,n0,i,n0", "part");
    ref_model_node(&model, "Concat", "v,part", "y");
    ref_node_int(&model, "axis", 0);
    ref_model_output(&model, "y", FLOAT32, &one, 1);
    return ref_model_finish(&model);
}

static struct net *load(struct ref_bytes file)
{
    char path[64];
    struct net *net = NULL;
    struct error error = {0};
    log_set_level(LOG_ERROR);
    ref_file_write(path, file.data, file.n);
    ref_bytes_clear(&file);
    ck_assert_msg(net_load(&net, path, &error) == STATUS_OK, "%s",
                  error.message);
    ref_file_remove(path);
    return net;
}

/* All four evaluations at (x0, 2, 5, 7). */
static void expect_values(const struct net *net, double x0,
                          const double *expected)
{
    const double x[] = {x0, 2.0, 5.0, 7.0};
    const size_t n = net_n_outputs(net);
    struct error error = {0};
    double y[4] = {0.0};
    double upper[4] = {0.0};
    mpq_t exact_x[4];
    mpq_t exact_y[4];
    for (size_t i = 0; i < 4; i++) {
        mpq_inits(exact_x[i], exact_y[i], NULL);
        mpq_set_d(exact_x[i], x[i]);
    }
    ck_assert_int_eq(net_eval_f64(y, net, x, &error), STATUS_OK);
    for (size_t i = 0; i < n; i++) {
        ck_assert(!islessgreater(y[i], expected[i]));
    }
    ck_assert_int_eq(net_eval_f32(y, net, x, &error), STATUS_OK);
    for (size_t i = 0; i < n; i++) {
        ck_assert(!islessgreater(y[i], expected[i]));
    }
    ck_assert_int_eq(
        net_eval_exact(exact_y, net, (const mpq_t *)exact_x, &error),
        STATUS_OK);
    ck_assert_int_eq(net_eval_interval(y, upper, net, x, x, &error), STATUS_OK);
    for (size_t i = 0; i < n; i++) {
        ck_assert(!islessgreater(mpq_get_d(exact_y[i]), expected[i]));
        ck_assert_double_le(y[i], expected[i]);
        ck_assert_double_ge(upper[i], expected[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        mpq_clears(exact_x[i], exact_y[i], NULL);
    }
}

/* The evaluation is refused, and the message has the text in it. */
static void expect_refusal(const struct net *net, double x0, const char *text)
{
    const double x[] = {x0, 2.0, 5.0, 7.0};
    struct error error = {0};
    double y[4] = {0.0};
    ck_assert_int_ne(net_eval_f64(y, net, x, &error), STATUS_OK);
    ck_assert_msg(strstr(error.message, text) != NULL, "%s", error.message);
}

START_TEST(values_follow_the_integers)
{
    struct net *net = load(make_lookup());
    ck_assert_uint_eq(net_n_indices(net), 1);
    ck_assert_uint_eq(net_index(net, 0), 0);
    expect_values(net, 0.0, &(const double){2.0});
    expect_values(net, 0.875, &(const double){2.0});
    expect_values(net, -0.5, &(const double){2.0});
    expect_values(net, 2.75, &(const double){6.0});
    expect_values(net, 3.0, &(const double){-4.0});
    expect_values(net, -1.5, &(const double){-4.0});
    expect_refusal(net, 4.0, "Gather");
    expect_refusal(net, -5.0, "index -5 outside 4 elements");
    expect_refusal(net, (double)NAN, "is an index");
    expect_refusal(net, HUGE_VAL, "is an index");
    expect_refusal(net, 1e300, "is an index");
    const double lower[] = {0.5, 2.0, 5.0, 7.0};
    const double upper[] = {1.5, 2.0, 5.0, 7.0};
    struct error error = {0};
    double y[2] = {0.0};
    ck_assert_int_eq(net_eval_interval(y, y + 1, net, lower, upper, &error),
                     STATUS_UNSUPPORTED);
    net_destroy(net);
}
END_TEST

START_TEST(empty_lists_change_nothing)
{
    struct net *net = load(make_patch());
    expect_values(net, 2.5, (const double[]){2.5, 2.0, -5.0, 7.0});
    expect_values(net, 3.0, (const double[]){3.0, 2.0, 5.0, -7.0});
    expect_values(net, 4.0, (const double[]){4.0, 2.0, 5.0, 7.0});
    expect_values(net, 1e9, (const double[]){1e9, 2.0, 5.0, 7.0});
    net_destroy(net);
}
END_TEST

START_TEST(digests_tell_cells_apart)
{
    struct net *net = load(make_lookup());
    struct error error = {0};
    unsigned char digest[4][SHA256_BYTES];
    for (int64_t i = 0; i < 4; i++) {
        ck_assert_int_eq(net_cell_digest(digest[i], net, &i, &error),
                         STATUS_OK);
    }
    ck_assert_int_eq(memcmp(digest[1], digest[3], SHA256_BYTES), 0);
    ck_assert_int_ne(memcmp(digest[0], digest[1], SHA256_BYTES), 0);
    ck_assert_int_ne(memcmp(digest[0], digest[2], SHA256_BYTES), 0);
    net_destroy(net);
}
END_TEST

START_TEST(shapes_that_grow_are_refused)
{
    struct ref_bytes file = make_growing();
    char path[64];
    struct net *net = NULL;
    struct error error = {0};
    ref_file_write(path, file.data, file.n);
    ref_bytes_clear(&file);
    ck_assert_int_eq(net_load(&net, path, &error), STATUS_UNSUPPORTED);
    ref_file_remove(path);
}
END_TEST

/* A network and a property with 1 <= X_1 <= 1 and X_2 = X_3 = 0. */
struct subject {
    char network[64];
    char property[64];
    char certificate[64];
    struct query *query;
};

static void open_subject(struct subject *self, struct ref_bytes file,
                         const char *rest)
{
    char text[1024];
    struct error error = {0};
    const int n = snprintf(
        text, sizeof text,
        "(declare-const X_0 Real)(declare-const X_1 Real)"
        "(declare-const X_2 Real)(declare-const X_3 Real)"
        "(declare-const Y_0 Real)(assert (<= X_1 1))(assert (>= X_1 1))"
        "(assert (<= X_2 0.1))(assert (>= X_2 0.1))(assert (<= X_3 0))"
        "(assert (>= X_3 0))%s\n",
        rest);
    log_set_level(LOG_ERROR);
    ref_file_write(self->network, file.data, file.n);
    ref_file_write(self->property, text, (size_t)n);
    ref_file_write(self->certificate, "", 0);
    ref_bytes_clear(&file);
    const struct query_network network = {.path = self->network};
    ck_assert_msg(query_load(&self->query, self->property, 1, &network, false,
                             &error) == STATUS_OK,
                  "%s", error.message);
}

static void close_subject(struct subject *self)
{
    ref_file_remove(self->network);
    ref_file_remove(self->property);
    ref_file_remove(self->certificate);
}

/* Releases the query, so that the process of the checker has its own memory
 * only. */
static void close_query(struct subject *self, struct proof *proof)
{
    proof_destroy(proof);
    query_destroy(self->query);
}

/* Exit status of the checker on the subject's certificate. */
static int check(const struct subject *self)
{
    (void)fflush(NULL);
    const pid_t process = fork();
    ck_assert_int_ge(process, 0);
    if (process == 0) {
        const char *file = self->network;
        if (freopen("/dev/null", "w", stderr) == NULL ||
            freopen("/dev/null", "w", stdout) == NULL) {
            _exit(99);
        }
        struct check_property *property = check_property_load(self->property);
        struct check_network *network =
            check_certificate_has_cells(self->certificate)
                ? check_networks_load_cells(property, &file, 1)
                : check_networks_load(property, &file, 1);
        struct check_query *query = check_query_create(property);
        (void)check_certificate(self->certificate, network, property, query,
                                CHECK_FAST, 1);
        _exit(0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The verdict; what is sat or unsat is certified if is_proved. */
static enum verdict decide(struct ref_bytes file, const char *rest,
                           bool is_proved)
{
    struct subject self;
    struct proof *proof = NULL;
    struct error error = {0};
    struct verify_result result;
    open_subject(&self, file, rest);
    if (is_proved) {
        ck_assert_int_eq(
            proof_open(&proof, self.query, self.certificate, &error),
            STATUS_OK);
    }
    const struct verify_options options = {.budget = {.deadline_s = HUGE_VAL},
                                           .threads = 1,
                                           .seed = 1,
                                           .attack = true,
                                           .engine = SOLVER_AUTO,
                                           .proof = proof};
    verify_query(&result, self.query, &options);
    const enum verdict verdict = result.verdict;
    if (proof != NULL && verdict != VERDICT_UNKNOWN) {
        ck_assert_int_eq(proof_write(proof, &result.stats, &error), STATUS_OK);
    }
    verify_result_clear(&result);
    close_query(&self, proof);
    if (is_proved && verdict != VERDICT_UNKNOWN) {
        ck_assert_int_eq(check(&self), 0);
    }
    close_subject(&self);
    return verdict;
}

#define BOX(lower, upper) \
    "(assert (>= X_0 " lower "))(assert (<= X_0 " upper "))"

START_TEST(cells_are_decided_and_certified)
{
    ck_assert_int_eq(
        decide(make_lookup(), BOX("0", "3") "(assert (<= Y_0 -1.5))", true),
        VERDICT_SAT);
    ck_assert_int_eq(
        decide(make_lookup(), BOX("2.5", "3") "(assert (<= Y_0 -1.5))", true),
        VERDICT_SAT);
    ck_assert_int_eq(
        decide(make_lookup(), BOX("0", "3.9") "(assert (<= Y_0 -2.5))", true),
        VERDICT_UNSAT);
    ck_assert_int_eq(
        decide(make_lookup(), BOX("-4", "0.5") "(assert (>= Y_0 3.5))", true),
        VERDICT_UNSAT);
    ck_assert_int_eq(decide(make_lookup(),
                            BOX("1.5", "1.75") "(assert (>= Y_0 -1.5))", true),
                     VERDICT_UNSAT);
}
END_TEST

START_TEST(what_cells_do_not_decide_stays_open)
{
    ck_assert_int_eq(
        decide(make_lookup(), BOX("0", "4") "(assert (<= Y_0 -2.5))", false),
        VERDICT_UNKNOWN);
    ck_assert_int_eq(
        decide(make_lookup(), BOX("0", "1e9") "(assert (<= Y_0 -2.5))", false),
        VERDICT_UNKNOWN);
    ck_assert_int_eq(
        decide(make_lookup(), BOX("0", "1e99") "(assert (<= Y_0 -2.5))", false),
        VERDICT_UNKNOWN);
}
END_TEST

/* The checker reads the network in all cells, also where lists are empty. */
START_TEST(cells_with_empty_lists_are_certified)
{
    ck_assert_int_eq(decide(make_patch_of_one(),
                            BOX("3", "9") "(assert (<= Y_0 0.5))", true),
                     VERDICT_UNSAT);
    ck_assert_int_eq(decide(make_patch_of_one(),
                            BOX("2", "9") "(assert (<= Y_0 0.5))", true),
                     VERDICT_SAT);
    ck_assert_int_eq(decide(make_patch_of_one(),
                            BOX("2", "9") "(assert (>= Y_0 1.5))", true),
                     VERDICT_UNSAT);
}
END_TEST

/* An input that is read beside its Cast has no single value in a cell. */
START_TEST(inputs_beside_their_casts_vary)
{
    const char *const above = BOX("0", "3.5") "(assert (>= Y_0 6.5))";
    const char *const within = BOX("0", "3.5") "(assert (>= Y_0 5.875))";
    ck_assert_int_eq(decide(make_bypass(), above, false), VERDICT_UNSAT);
    ck_assert_int_eq(decide(make_bypass(), above, true), VERDICT_UNKNOWN);
    ck_assert_int_eq(decide(make_bypass(), within, true), VERDICT_SAT);
}
END_TEST

/* Exit status for a certificate that is written without a search: of unsat, or
 * with a point if there is one. */
static int forge(struct ref_bytes file, const char *rest, const double *x)
{
    struct subject self;
    struct proof *proof = NULL;
    struct error error = {0};
    struct stats stats = {0};
    open_subject(&self, file, rest);
    ck_assert_int_eq(proof_open(&proof, self.query, self.certificate, &error),
                     STATUS_OK);
    if (x != NULL) {
        proof_keep_witness(proof, x);
    }
    ck_assert_int_eq(proof_write(proof, &stats, &error), STATUS_OK);
    close_query(&self, proof);
    const int status = check(&self);
    close_subject(&self);
    return status;
}

START_TEST(false_certificates_are_rejected)
{
    const double safe[] = {2.5, 1.0, 0.1, 0.0};
    const double unsafe[] = {1.5, 1.0, 0.1, 0.0};
    const double beside[] = {1.9999, 1.0, 0.1, 0.0};
    const char *const some = BOX("0", "3") "(assert (<= Y_0 -1.5))";
    const char *const last = BOX("0", "3") "(assert (>= Y_0 2.5))";
    const char *const none = BOX("0", "3") "(assert (<= Y_0 -2.5))";
    ck_assert_int_eq(forge(make_lookup(), some, unsafe), 0);
    ck_assert_int_eq(forge(make_lookup(), none, NULL), 0);
    ck_assert_int_eq(forge(make_lookup(), some, safe), 1);
    ck_assert_int_eq(forge(make_lookup(), some, NULL), 1);
    ck_assert_int_eq(forge(make_lookup(), last, NULL), 1);
    /* The projection onto the box is in another cell, where all is safe. */
    ck_assert_int_eq(
        forge(make_lookup(), BOX("2", "2.5") "(assert (<= Y_0 -1.5))", beside),
        1);
    /* Strict ends leave no way out. */
    ck_assert_int_eq(forge(make_lookup(),
                           "(assert (> X_0 1.25))(assert (< X_0 1.75))"
                           "(assert (<= Y_0 -1.5))",
                           NULL),
                     1);
    ck_assert_int_eq(
        forge(make_bypass(), BOX("0", "3.5") "(assert (>= Y_0 6.5))", NULL), 1);
    ck_assert_int_eq(
        forge(make_lookup(), BOX("0", "4") "(assert (<= Y_0 -2.5))", NULL), 3);
    ck_assert_int_eq(
        forge(make_lookup(), BOX("0", "1e9") "(assert (<= Y_0 -2.5))", NULL),
        4);
}
END_TEST

/* Truths that no enclosure shows are not assumed. */
START_TEST(undecided_cells_are_rejected)
{
    ck_assert_int_eq(
        forge(make_undecided(), BOX("0", "3") "(assert (>= Y_0 1e-9))", NULL),
        0);
    ck_assert_int_eq(
        forge(make_undecided(), BOX("0", "3") "(assert (>= Y_0 0))", NULL), 1);
    ck_assert_int_eq(
        forge(make_undecided(), BOX("0", "3") "(assert (> Y_0 0))", NULL), 1);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cells");
    tcase_add_test(cases, values_follow_the_integers);
    tcase_add_test(cases, empty_lists_change_nothing);
    tcase_add_test(cases, digests_tell_cells_apart);
    tcase_add_test(cases, shapes_that_grow_are_refused);
    tcase_add_test(cases, cells_are_decided_and_certified);
    tcase_add_test(cases, cells_with_empty_lists_are_certified);
    tcase_add_test(cases, undecided_cells_are_rejected);
    tcase_add_test(cases, what_cells_do_not_decide_stays_open);
    tcase_add_test(cases, inputs_beside_their_casts_vary);
    tcase_add_test(cases, false_certificates_are_rejected);
    return cases;
}
