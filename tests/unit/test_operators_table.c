/* The table of operators says what happens to a tiny network of each, and
 * src/net/OPERATORS.md is that table. With ASTROLABE_WRITE_TABLE set, the
 * document is written anew. */
#include "domains/domain.h"
#include "src/base/log.h"
#include "src/base/reader.h"
#include "src/base/rng.h"
#include "src/net/net.h"
#include "src/num/rational.h"
#include "src/verify/verify.h"
#include "tests/ref/ref_operators.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_OUTPUTS = 64, N_POINTS = 24, N_DOMAINS = 4, MOST_TEXT = 8192 };

static const char *const document = "src/net/OPERATORS.md";

static const char introduction[] =
    "# Operators\n"
    "\n"
    "Written by `tests/unit/test_operators_table.c` with\n"
    "`ASTROLABE_WRITE_TABLE=1` from the table that `astrolabe supports\n"
    "--operator-table` prints; `astrolabe supports MODEL.onnx` prints the "
    "rows of\n"
    "one network. The test makes a tiny network of every operator\n"
    "(`tests/ref/ref_operators.def`) and measures what each column says.\n"
    "\n"
    "- *form*: what a computed first input of floats becomes, at worst, where "
    "the\n"
    "  other inputs are constant. *Linear* operators are exact; *scaled* ones "
    "have\n"
    "  factors that no binary number is; *piecewise* ones are ReLUs; *curved* "
    "ones\n"
    "  have functions of one variable or products in them, as a product of "
    "two\n"
    "  computed inputs always does. *Constant* operators are known when a "
    "network\n"
    "  is loaded. Operators of integers and truth values read what has been "
    "cast\n"
    "  from floats, and the cast is curved.\n"
    "- *loads*, *evaluates*: in float32 and float64, by outward intervals, "
    "and\n"
    "  exactly where the values are rational.\n"
    "- *interval*, *zonotope*, *polyhedra*, *star*: the domain bounds it on a "
    "box.\n"
    "- *splits*: the search may split on what its neurons read.\n"
    "- *certified*: `astrolabe-check` accepts a proof about it, and none of "
    "what is\n"
    "  false (`proofs/FORMAT.md` lists the forms of attributes it reads).\n"
    "\n"
    "| operator | form | loads | evaluates | interval | zonotope | polyhedra "
    "| star | splits | certified |\n"
    "|---|---|---|---|---|---|---|---|---|---|\n";

/* A network, its box and values at points of it. */
struct subject {
    struct ref_operator_net of;
    size_t n_inputs;
    size_t n_outputs;
    double x[N_POINTS][REF_OPERATOR_INPUTS];
    double y[N_POINTS][MOST_OUTPUTS];
};

/* What is found out about an operator, over all its networks. */
struct facts {
    size_t n_networks;
    enum operator_form form;
    bool evaluates;
    bool is_bounded[N_DOMAINS];
    bool has_neurons;
    bool is_certified;
};

static bool is_near(double a, double b, double slack)
{
    return fabs(a - b) <= slack * (1.0 + fabs(b));
}

static void subject_init(struct subject *subject,
                         const struct ref_operator *row)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    ref_operator_open(&subject->of, row);
    subject->n_inputs = net_n_inputs(subject->of.net);
    subject->n_outputs = net_n_outputs(subject->of.net);
    ck_assert_uint_le(subject->n_outputs, MOST_OUTPUTS);
    for (size_t t = 0; t < N_POINTS; t++) {
        for (size_t i = 0; i < subject->n_inputs; i++) {
            /* The element type is float32. */
            subject->x[t][i] = (double)(float)rng_range(
                &rng, subject->of.lower[i], subject->of.upper[i]);
        }
    }
}

/* The exact values at a point are near y, where there are any. */
static bool is_exactly(const struct subject *subject, size_t t)
{
    mpq_t x[REF_OPERATOR_INPUTS];
    mpq_t y[MOST_OUTPUTS];
    struct error error = {0};
    for (size_t i = 0; i < REF_OPERATOR_INPUTS; i++) {
        mpq_init(x[i]);
        rational_set_double(x[i], subject->x[t][i]);
    }
    for (size_t j = 0; j < MOST_OUTPUTS; j++) {
        mpq_init(y[j]);
    }
    bool is_same = true;
    if (net_eval_exact(y, subject->of.net, (const mpq_t *)x, &error) ==
        STATUS_OK) {
        for (size_t j = 0; j < subject->n_outputs; j++) {
            is_same =
                is_same && is_near(mpq_get_d(y[j]), subject->y[t][j], 1e-9);
        }
    }
    for (size_t i = 0; i < REF_OPERATOR_INPUTS; i++) {
        mpq_clear(x[i]);
    }
    for (size_t j = 0; j < MOST_OUTPUTS; j++) {
        mpq_clear(y[j]);
    }
    return is_same;
}

/* All evaluators agree at the points, whose values are noted. */
static bool evaluates(struct subject *subject)
{
    struct error error = {0};
    bool is_same = true;
    for (size_t t = 0; t < N_POINTS && is_same; t++) {
        double single[MOST_OUTPUTS];
        double ends[2][MOST_OUTPUTS];
        double layered[MOST_OUTPUTS];
        const double *x = subject->x[t];
        is_same =
            net_eval_f64(subject->y[t], subject->of.net, x, &error) ==
                STATUS_OK &&
            net_eval_f32(single, subject->of.net, x, &error) == STATUS_OK &&
            net_eval_interval(ends[0], ends[1], subject->of.net, x, x,
                              &error) == STATUS_OK &&
            is_exactly(subject, t);
        layers_eval(layered, subject->of.layers, x);
        for (size_t j = 0; j < subject->n_outputs && is_same; j++) {
            const double y = subject->y[t][j];
            is_same = isfinite(y) && is_near(single[j], y, 1e-5) &&
                      is_near(layered[j], y, 1e-9) &&
                      ends[0][j] <= y + 1e-9 * (1.0 + fabs(y)) &&
                      ends[1][j] >= y - 1e-9 * (1.0 + fabs(y)) &&
                      ends[1][j] - ends[0][j] <= 1e-6 * (1.0 + fabs(y));
        }
    }
    return is_same;
}

/* The domain has finite ends for every output, beyond all values. */
static bool is_bounded_by(const struct subject *subject, size_t d, double *most)
{
    const struct region region = {.lower = subject->of.lower,
                                  .upper = subject->of.upper};
    const size_t last = subject->of.layers->n_layers - 1;
    const struct domain_ops *ops = domain_at(d);
    struct domain *domain = ops->create(subject->of.layers);
    struct bounds bounds;
    bounds_init(&bounds, subject->of.layers);
    bool is_bounded =
        ops->propagate(domain, &bounds, &region, NULL) == DOMAIN_DONE;
    for (size_t j = 0; j < subject->of.layers->n_outputs && is_bounded; j++) {
        const double l = bounds.lower[last][j];
        const double u = bounds.upper[last][j];
        is_bounded = isfinite(l) && isfinite(u);
        for (size_t t = 0; t < N_POINTS && is_bounded; t++) {
            const double y = subject->y[t][j];
            ck_assert_msg(l <= y + 1e-9 * (1.0 + fabs(y)) &&
                              y - 1e-9 * (1.0 + fabs(y)) <= u,
                          "%s (%s): %a is outside [%a, %a]",
                          subject->of.row->name, ops->name, y, l, u);
        }
    }
    *most = is_bounded ? bounds.upper[last][0] : 0.0;
    ops->destroy(domain);
    bounds_clear(&bounds);
    return is_bounded;
}

/* Y_0 >= most is unsafe. */
static void write_property(char text[MOST_TEXT], const struct subject *subject,
                           double most)
{
    size_t n = 0;
    for (size_t i = 0; i < subject->n_inputs; i++) {
        n += (size_t)snprintf(text + n, MOST_TEXT - n,
                              "(declare-const X_%zu Real)(assert (>= X_%zu "
                              "%.6f))(assert (<= X_%zu %.6f))\n",
                              i, i, subject->of.lower[i], i,
                              subject->of.upper[i]);
    }
    for (size_t j = 0; j < subject->n_outputs; j++) {
        n += (size_t)snprintf(text + n, MOST_TEXT - n,
                              "(declare-const Y_%zu Real)\n", j);
    }
    n += (size_t)snprintf(text + n, MOST_TEXT - n, "(assert (>= Y_0 %.9f))\n",
                          most);
    ck_assert_uint_lt(n, MOST_TEXT);
}

/* Exit statuses of a process that tries to certify, beside those of the
 * checker. */
enum { NOT_PROVED = 20, NOT_ACCEPTED, NOT_REJECTED };

/* Opens the subject of the checker; exits if it does not read the network. */
static void open_checked(struct ref_subject *checked,
                         const struct subject *subject, double most)
{
    char text[MOST_TEXT];
    double ends[2][REF_OPERATOR_INPUTS];
    struct ref_bytes model =
        ref_operator_model(subject->of.row, ends[0], ends[1]);
    write_property(text, subject, most);
    ref_subject_open(checked, &model, text);
}

/* A search proves that Y_0 < most, and the checker accepts the proof. */
static int prove(const struct subject *subject, double most)
{
    struct ref_subject checked;
    struct query *query = NULL;
    struct proof *proof = NULL;
    struct error error = {0};
    struct verify_result result;
    struct bytes bytes = {0};
    char path[64];
    int status = NOT_PROVED;
    open_checked(&checked, subject, most);
    const struct query_network network = {.path = checked.network_path};
    ref_file_write(path, "", 0);
    if (query_load(&query, checked.property_path, 1, &network, false, &error) !=
            STATUS_OK ||
        proof_open(&proof, query, path, &error) != STATUS_OK) {
        return NOT_PROVED;
    }
    const struct verify_options options = {
        .budget = {.deadline_s = budget_now_s() + 10.0},
        .threads = 1,
        .seed = 1,
        .engine = SOLVER_AUTO,
        .proof = proof};
    verify_query(&result, query, &options);
    if (result.verdict == VERDICT_UNSAT &&
        proof_write(proof, &result.stats, &error) == STATUS_OK &&
        reader_load(&bytes, path, 1U << 24, &error) == STATUS_OK) {
        const struct ref_bytes certificate = {
            .data = (unsigned char *)bytes.data, .n = bytes.n};
        status = ref_subject_check(&checked, &certificate, CHECK_FAST) == 0
                     ? 0
                     : NOT_ACCEPTED;
    }
    bytes_clear(&bytes);
    verify_result_clear(&result);
    proof_destroy(proof);
    query_destroy(query);
    ref_file_remove(path);
    ref_subject_close(&checked);
    return status;
}

/* The checker does not take a leaf for a proof that Y_0 < most. */
static int disprove(const struct subject *subject, double most)
{
    struct ref_subject checked;
    open_checked(&checked, subject, most);
    struct ref_cert cert = ref_subject_cert(&checked);
    ref_cert_leaf(&cert, REF_CERT_ALL);
    struct ref_bytes bytes = ref_cert_finish(&cert);
    const int status = ref_subject_check(&checked, &bytes, CHECK_FAST);
    ref_bytes_clear(&bytes);
    ref_subject_close(&checked);
    return status == 1 ? 0 : NOT_REJECTED;
}

/* Whether what holds by a margin beyond `most` is proved and accepted, in a
 * process of its own: the checker ends it at what it does not support. The
 * subject has been cleared, so that no memory is lost then. */
static bool is_certified(const struct subject *subject, double most)
{
    double greatest = -HUGE_VAL;
    for (size_t t = 0; t < N_POINTS; t++) {
        greatest = fmax(greatest, subject->y[t][0]);
    }
    (void)fflush(NULL);
    const pid_t process = fork();
    ck_assert_int_ge(process, 0);
    if (process == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL) {
            exit(NOT_PROVED);
        }
        int status = prove(subject, most + 1e-3 * (1.0 + fabs(most)));
        if (status == 0) {
            status =
                disprove(subject, greatest - 1e-6 * (1.0 + fabs(greatest)));
        }
        exit(status);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    ck_assert(WIFEXITED(status));
    ck_assert_msg(WEXITSTATUS(status) != NOT_REJECTED, "%s (%s): accepted",
                  subject->of.row->name, subject->of.row->inputs);
    ck_assert_msg(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 4,
                  "%s (%s): status %d", subject->of.row->name,
                  subject->of.row->inputs, WEXITSTATUS(status));
    return WEXITSTATUS(status) == 0;
}

static enum operator_form find_form(const struct subject *subject)
{
    const struct layers *layers = subject->of.layers;
    enum operator_form form = strpbrk(subject->of.row->inputs, "XW") == NULL
                                  ? OPERATOR_CONSTANT
                                  : OPERATOR_LINEAR;
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        enum operator_form found = OPERATOR_CONSTANT;
        if (layer_has_neurons(layer)) {
            found =
                layer_is_curved(layer) ? OPERATOR_CURVED : OPERATOR_PIECEWISE;
        } else if (layer_is_curved(layer)) {
            found = OPERATOR_SCALED;
        }
        form = found > form ? found : form;
    }
    return form;
}

/* Adds what one network shows. */
static void measure(struct facts *facts, const struct ref_operator *row)
{
    struct subject subject;
    subject_init(&subject, row);
    const bool is_same = evaluates(&subject);
    const enum operator_form form = find_form(&subject);
    ck_assert_msg(is_same, "%s (%s): evaluators differ", row->name,
                  row->inputs);
    facts->evaluates = is_same && (facts->evaluates || facts->n_networks == 0);
    facts->form = form > facts->form ? form : facts->form;
    double least = HUGE_VAL;
    for (size_t d = 0; d < N_DOMAINS; d++) {
        double most = 0.0;
        const bool is_bounded = is_bounded_by(&subject, d, &most);
        facts->is_bounded[d] =
            is_bounded && (facts->is_bounded[d] || facts->n_networks == 0);
        least = is_bounded ? fmin(least, most) : least;
    }
    for (size_t k = 1; k < subject.of.layers->n_layers; k++) {
        facts->has_neurons = facts->has_neurons ||
                             layer_has_neurons(&subject.of.layers->layer[k]);
    }
    ref_operator_close(&subject.of);
    facts->is_certified = is_certified(&subject, least) || facts->is_certified;
    facts->n_networks++;
}

static const char *say(bool holds)
{
    return holds ? "yes" : "no";
}

/* The row of the table that the facts make. */
static void print_facts(char *text, size_t size, const char *name,
                        const struct facts *facts)
{
    static const char *const forms[] = {"constant", "linear", "scaled",
                                        "piecewise", "curved"};
    char domains[64] = "- | - | - | - | -";
    if (facts->form != OPERATOR_CONSTANT) {
        (void)snprintf(domains, sizeof domains, "%s | %s | %s | %s | %s",
                       say(facts->is_bounded[0]), say(facts->is_bounded[1]),
                       say(facts->is_bounded[2]), say(facts->is_bounded[3]),
                       facts->has_neurons ? "yes" : "-");
    }
    (void)snprintf(text, size, "| %s | %s | yes | %s | %s | %s |", name,
                   forms[facts->form], say(facts->evaluates), domains,
                   say(facts->is_certified));
}

START_TEST(the_table_says_what_happens)
{
    static const char *const names[] = {"box", "zonotope", "polyhedra", "star"};
    size_t n_wrong = 0;
    log_set_level(LOG_ERROR);
    ck_assert_uint_eq(domain_count(), N_DOMAINS);
    for (size_t d = 0; d < N_DOMAINS; d++) {
        ck_assert_str_eq(domain_at(d)->name, names[d]);
    }
    for (size_t i = 0; i < net_n_operators(); i++) {
        struct facts facts = {0};
        char found[256];
        char said[256];
        for (size_t k = 0; k < ref_operator_count(); k++) {
            const struct ref_operator *row = ref_operator_at(k);
            struct facts other = {0};
            if (strcmp(row->name, net_operator_name(i)) == 0) {
                measure(row->is_other ? &other : &facts, row);
            }
        }
        ck_assert_msg(facts.n_networks > 0, "%s: no network",
                      net_operator_name(i));
        print_facts(found, sizeof found, net_operator_name(i), &facts);
        net_operator_row(said, sizeof said, i);
        if (strcmp(found, said) != 0) {
            printf("table: %s\nfound: %s\n", said, found);
            n_wrong++;
        }
    }
    ck_assert_int_eq(fflush(stdout), 0);
    ck_assert_uint_eq(n_wrong, 0);
}
END_TEST

START_TEST(the_document_is_the_table)
{
    enum { SIZE = 65536 };
    static char text[SIZE];
    struct bytes found = {0};
    struct error error = {0};
    size_t n = sizeof introduction - 1;
    memcpy(text, introduction, n);
    for (size_t i = 0; i < net_n_operators() && n < SIZE; i++) {
        char row[256];
        net_operator_row(row, sizeof row, i);
        n += (size_t)snprintf(text + n, SIZE - n, "%s\n", row);
    }
    ck_assert_uint_lt(n, SIZE);
    if (getenv("ASTROLABE_WRITE_TABLE") != NULL) {
        FILE *file = fopen(document, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(text, 1, n, file), n);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_int_eq(reader_load(&found, document, SIZE, &error), STATUS_OK);
    ck_assert_msg(strcmp(found.data, text) == 0,
                  "%s is not what the table says", document);
    bytes_clear(&found);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("operators_table");
    tcase_set_timeout(cases, 240.0);
    tcase_add_test(cases, the_table_says_what_happens);
    tcase_add_test(cases, the_document_is_the_table);
    return cases;
}
