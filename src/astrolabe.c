/* The public interface, mapped to query and verify. */
#include "src/astrolabe.h"

#include "proofs/cert.h"
#include "proofs/cert_bin.h"
#include "proofs/cert_figures.h"
#include "proofs/cert_notes.h"
#include "proofs/cert_text.h"
#include "proofs/minimize.h"
#include "src/base/alloc.h"
#include "src/base/budget.h"
#include "src/base/reader.h"
#include "src/base/stats.h"
#include "src/draw/draw.h"
#include "src/explain/leaf.h"
#include "src/explain/margins.h"
#include "src/explain/margins_print.h"
#include "src/net/net.h"
#include "src/num/rational.h"
#include "src/query/query.h"
#include "src/verify/proof.h"
#include "src/verify/proof_minimize.h"
#include "src/verify/verify.h"
#include "vnnlib/vnnlib.h"

#include <math.h>
#include <string.h>

struct astrolabe_query {
    struct query *query;
};

struct astrolabe_result {
    struct verify_result result;
};

struct astrolabe_proof {
    struct proof *proof;
};

struct astrolabe_certificate {
    struct cert cert;
};

/* No certificate is read beyond this: positions in it have 32 bits. */
static const size_t max_certificate_bytes = UINT32_MAX;

/* The caller's callback with the clock added. */
struct relay {
    const struct astrolabe_options *options;
};

void astrolabe_options_init(struct astrolabe_options *options)
{
    *options = (struct astrolabe_options){.timeout_s = HUGE_VAL,
                                          .seed = 1,
                                          .attack = true,
                                          .engine = ASTROLABE_ENGINE_AUTO};
}

const char *astrolabe_version(void)
{
    return ASTROLABE_VERSION;
}

static enum astrolabe_status report(enum status status, char *message,
                                    size_t size, const struct error *error)
{
    if (status == STATUS_OK) {
        return ASTROLABE_OK;
    }
    if (size > 0) {
        error_format(message, size, error);
    }
    return status == STATUS_UNSUPPORTED ? ASTROLABE_UNSUPPORTED
                                        : ASTROLABE_ERROR;
}

/* The public form is flat on purpose: plain C callers need no struct. */
enum astrolabe_status /* NOLINTNEXTLINE(readability-function-size) */
astrolabe_load(astrolabe_query **query, const char *property_path,
               size_t n_networks, const struct astrolabe_network *networks,
               bool strict, char *message, size_t size)
{
    struct error error = {0};
    struct query *loaded = NULL;
    struct query_network *inner = NULL;
    *query = NULL;
    rational_use_counted_memory();
    NEW_ARRAY(inner, n_networks);
    for (size_t i = 0; i < n_networks; i++) {
        inner[i].name = networks[i].name;
        inner[i].path = networks[i].path;
    }
    const enum status status =
        query_load(&loaded, property_path, n_networks, inner, strict, &error);
    alloc_free(inner);
    if (status == STATUS_OK) {
        NEW(*query);
        (*query)->query = loaded;
    }
    return report(status, message, size, &error);
}

void astrolabe_query_free(astrolabe_query *query)
{
    if (query != NULL) {
        query_destroy(query->query);
        alloc_free(query);
    }
}

enum astrolabe_status astrolabe_check_property(const char *path, bool strict,
                                               char *message, size_t size)
{
    struct error error = {0};
    return report(vnnlib_check(path, strict, &error), message, size, &error);
}

enum astrolabe_status astrolabe_check_model(const char *path, char *message,
                                            size_t size)
{
    struct error error = {0};
    struct net *net = NULL;
    struct layers *layers = NULL;
    enum status status = net_load(&net, path, &error);
    if (status == STATUS_OK) {
        status = net_lower(&layers, net, &error);
    }
    layers_destroy(layers);
    net_destroy(net);
    return report(status, message, size, &error);
}

int astrolabe_query_version(const astrolabe_query *query)
{
    return query->query->vnnlib_major;
}

void astrolabe_query_dump(FILE *file, const astrolabe_query *query)
{
    net_dump(file, query->query->net);
    query_dump(file, query->query);
}

static void relay_progress(void *context,
                           const struct solver_progress *progress)
{
    const struct relay *relay = context;
    const struct astrolabe_progress outer = {
        .elapsed_s = budget_now_s(),
        .open_nodes = progress->open_nodes,
        .closed_nodes = progress->closed_nodes,
        .proved_share = progress->proved_share,
        .best_bound = progress->best_bound};
    relay->options->on_progress(relay->options->progress_context, &outer);
}

static enum solver_engine engine_of(enum astrolabe_engine engine)
{
    switch (engine) {
    case ASTROLABE_ENGINE_INPUT:
        return SOLVER_INPUT;
    case ASTROLABE_ENGINE_NEURON:
        return SOLVER_NEURON;
    case ASTROLABE_ENGINE_AUTO:
        break;
    }
    return SOLVER_AUTO;
}

astrolabe_result *astrolabe_verify(const astrolabe_query *query,
                                   const struct astrolabe_options *options)
{
    struct relay relay = {.options = options};
    const struct verify_options inner = {
        .budget = {.deadline_s = options->timeout_s,
                   .memory_bytes = options->memory_bytes},
        .threads = options->threads == 0 ? budget_cores() : options->threads,
        .seed = options->seed,
        .attack = options->attack,
        .engine = engine_of(options->engine),
        .proof = options->proof == NULL ? NULL : options->proof->proof,
        .on_progress = options->on_progress == NULL ? NULL : relay_progress,
        .progress_context = &relay};
    astrolabe_result *result = NULL;
    NEW(result);
    verify_query(&result->result, query->query, &inner);
    return result;
}

void astrolabe_result_free(astrolabe_result *result)
{
    if (result != NULL) {
        verify_result_clear(&result->result);
        alloc_free(result);
    }
}

enum astrolabe_verdict astrolabe_result_verdict(const astrolabe_result *result)
{
    switch (result->result.verdict) {
    case VERDICT_SAT:
        return ASTROLABE_SAT;
    case VERDICT_UNSAT:
        return ASTROLABE_UNSAT;
    case VERDICT_TIMED_OUT:
        return ASTROLABE_TIMED_OUT;
    case VERDICT_UNKNOWN:
        break;
    }
    return ASTROLABE_UNKNOWN;
}

const char *astrolabe_result_reason(const astrolabe_result *result)
{
    return result->result.reason;
}

bool astrolabe_result_witness(FILE *file, const astrolabe_result *result)
{
    const char *text = result->result.witness_text;
    if (text == NULL) {
        return false;
    }
    (void)fwrite(text, 1, strlen(text), file);
    return true;
}

size_t astrolabe_result_n_counters(const astrolabe_result *result)
{
    (void)result;
    return stats_count();
}

const char *astrolabe_result_counter(const astrolabe_result *result, size_t i,
                                     double *value)
{
    *value = (double)stats_value(&result->result.stats, i);
    return stats_name(i);
}

/* The public form is flat on purpose. */
enum astrolabe_status astrolabe_proof_open(astrolabe_proof **proof,
                                           const astrolabe_query *query,
                                           const char *path, char *message,
                                           size_t size)
{
    struct error error = {0};
    struct proof *opened = NULL;
    *proof = NULL;
    const enum status status = proof_open(&opened, query->query, path, &error);
    if (status == STATUS_OK) {
        NEW(*proof);
        (*proof)->proof = opened;
    }
    return report(status, message, size, &error);
}

enum astrolabe_status astrolabe_proof_write(astrolabe_proof *proof,
                                            astrolabe_result *result,
                                            char *message, size_t size)
{
    struct error error = {0};
    if (result->result.verdict != VERDICT_UNSAT &&
        result->result.verdict != VERDICT_SAT) {
        return ASTROLABE_OK;
    }
    return report(proof_write(proof->proof, &result->result.stats, &error),
                  message, size, &error);
}

enum astrolabe_status astrolabe_proof_shrink(astrolabe_proof *proof,
                                             const astrolabe_query *query,
                                             astrolabe_result *result,
                                             double deadline_s, char *message,
                                             size_t size)
{
    struct error error = {0};
    return report(result->result.verdict != VERDICT_UNSAT
                      ? STATUS_OK
                      : proof_shrink(proof->proof, query->query, deadline_s,
                                     &result->result.stats, &error),
                  message, size, &error);
}

enum astrolabe_status astrolabe_proof_recount(astrolabe_result *result,
                                              const char *path, char *message,
                                              size_t size)
{
    struct error error = {0};
    return report(proof_recount(&result->result.stats, path, &error), message,
                  size, &error);
}

void astrolabe_proof_free(astrolabe_proof *proof)
{
    if (proof != NULL) {
        proof_destroy(proof->proof);
        alloc_free(proof);
    }
}

enum astrolabe_status
astrolabe_certificate_load(astrolabe_certificate **certificate,
                           const char *path, char *message, size_t size)
{
    struct error error = {0};
    struct bytes bytes = {0};
    struct cert cert;
    *certificate = NULL;
    enum status status =
        reader_load(&bytes, path, max_certificate_bytes, &error);
    if (status == STATUS_OK) {
        error_set_place(&error, path, 0, 0);
        status = cert_bin_decode(&cert, &bytes, &error);
    }
    if (status == STATUS_OK) {
        NEW(*certificate);
        (*certificate)->cert = cert;
    }
    bytes_clear(&bytes);
    return report(status, message, size, &error);
}

enum astrolabe_status
astrolabe_certificate_load_text(astrolabe_certificate **certificate,
                                const char *path, char *message, size_t size)
{
    struct error error = {0};
    struct bytes bytes = {0};
    struct cert cert;
    *certificate = NULL;
    enum status status =
        reader_load(&bytes, path, max_certificate_bytes, &error);
    if (status == STATUS_OK) {
        status = cert_text_read(&cert, bytes.data, bytes.n, &error);
    }
    if (status == STATUS_OK) {
        NEW(*certificate);
        (*certificate)->cert = cert;
    }
    bytes_clear(&bytes);
    return report(status, message, size, &error);
}

void astrolabe_certificate_free(astrolabe_certificate *certificate)
{
    if (certificate != NULL) {
        cert_clear(&certificate->cert);
        alloc_free(certificate);
    }
}

size_t astrolabe_n_passes(void)
{
    return MINIMIZE_PASSES;
}

const char *astrolabe_pass(size_t i)
{
    return minimize_pass_names[i];
}

void astrolabe_certificate_measure(struct astrolabe_sizes *sizes,
                                   const astrolabe_certificate *certificate)
{
    const struct minimize_size size = minimize_measure(&certificate->cert);
    *sizes = (struct astrolabe_sizes){.n_leaves = size.n_leaves,
                                      .n_refreshes = size.n_refreshes,
                                      .n_lemmas = size.n_lemmas,
                                      .n_slopes = size.n_slopes,
                                      .n_multipliers = size.n_multipliers};
}

enum astrolabe_status
astrolabe_certificate_minimize(astrolabe_certificate *certificate,
                               const astrolabe_query *query,
                               const struct astrolabe_minimize_options *options,
                               char *message, size_t size)
{
    static const enum minimize_procedure procedures[] = {
        [ASTROLABE_THINNING_GREEDY] = MINIMIZE_GREEDY,
        [ASTROLABE_THINNING_LP] = MINIMIZE_LP,
        [ASTROLABE_THINNING_BETTER] = MINIMIZE_BETTER,
    };
    struct error error = {0};
    struct minimize_report ignored;
    const struct minimize_options inner = {
        .passes = options->passes,
        .is_slow = options->is_slow,
        .is_thrifty = options->is_thrifty,
        .procedure = procedures[options->thinning],
        .rounds = options->rounds,
        .budget = {.deadline_s = options->deadline_s},
    };
    return report(proof_minimize(&ignored, &certificate->cert, query->query,
                                 &inner, &error),
                  message, size, &error);
}

enum astrolabe_status
astrolabe_certificate_save(const astrolabe_certificate *certificate,
                           const char *path, char *message, size_t size)
{
    struct error error = {0};
    size_t n_bytes = 0;
    return report(cert_bin_write(&n_bytes, path, &certificate->cert, &error),
                  message, size, &error);
}

void astrolabe_certificate_print(FILE *file,
                                 const astrolabe_certificate *certificate)
{
    cert_text_print(file, &certificate->cert);
}

/* Names of a network's inputs and ReLU layers; text of the last one. */
struct net_names {
    const struct net *net;
    char text[1024];
};

static const char *name_input(void *context, size_t input)
{
    struct net_names *names = context;
    size_t rest = input;
    for (size_t i = 0; i < net_n_input_tensors(names->net); i++) {
        const struct net_tensor_info tensor = net_input_tensor(names->net, i);
        if (rest < tensor.n_elements) {
            (void)snprintf(names->text, sizeof names->text, "%s[%zu]",
                           tensor.name, rest);
            return names->text;
        }
        rest -= tensor.n_elements;
    }
    return NULL;
}

static const char *name_relu(void *context, size_t relu)
{
    const struct net_names *names = context;
    return net_relu_name(names->net, relu);
}

/* The network that has the names of a view: that of the query, or one loaded
 * into *loaded; NULL without one. */
static enum status find_names(struct net_names *names, struct net **loaded,
                              const struct astrolabe_view *view,
                              struct error *error)
{
    enum status status = STATUS_OK;
    *loaded = NULL;
    if (view->query != NULL) {
        names->net = view->query->query->net;
    } else if (view->network_path != NULL) {
        rational_use_counted_memory();
        status = net_load(loaded, view->network_path, error);
        names->net = *loaded;
    }
    return status;
}

enum astrolabe_status
astrolabe_certificate_show(FILE *file, const astrolabe_certificate *certificate,
                           const struct astrolabe_view *view, char *message,
                           size_t size)
{
    struct error error = {0};
    struct net *net = NULL;
    struct net_names names = {0};
    const struct cert_names calls = {name_input, name_relu, &names};
    const struct cert_stop stop = {view->refused_case, view->refused_node,
                                   view->checked};
    const enum status status = find_names(&names, &net, view, &error);
    if (status == STATUS_OK) {
        cert_text_show(file, &certificate->cert,
                       names.net == NULL ? NULL : &calls,
                       view->is_refused ? &stop : NULL);
    }
    net_destroy(net);
    return report(status, message, size, &error);
}

/* STATUS_OK if both prove unsat and their trees have the same roots. */
static enum status compare(const struct cert *cert, const struct cert *before,
                           struct error *error)
{
    bool is_same = cert->verdict == CERT_UNSAT;
    if (before != NULL) {
        is_same = is_same && before->verdict == CERT_UNSAT &&
                  before->n_cases == cert->n_cases &&
                  before->n_inputs == cert->n_inputs &&
                  before->n_relus == cert->n_relus &&
                  memcmp(before->query_hash, cert->query_hash,
                         sizeof cert->query_hash) == 0;
    }
    if (!is_same) {
        error_set(error, before == NULL
                             ? "a certificate of sat has no tree"
                             : "the certificates are not of one unsat query");
    }
    return is_same ? STATUS_OK : STATUS_BAD_INPUT;
}

enum astrolabe_status
astrolabe_certificate_draw(const char *path, astrolabe_certificate *certificate,
                           const struct astrolabe_view *view, char *message,
                           size_t size)
{
    struct error error = {0};
    enum status status = STATUS_OK;
    struct net *net = NULL;
    struct net_names names = {0};
    struct cert_notes notes = {0};
    struct cert *cert = &certificate->cert;
    const struct cert_names calls = {name_input, name_relu, &names};
    const struct cert_stop stop = {view->refused_case, view->refused_node,
                                   view->checked};
    struct dot_cert drawing = {
        .cert = cert,
        .before = view->before == NULL ? NULL : &view->before->cert,
        .most_nodes = view->most_nodes,
        .stop = view->is_refused ? &stop : NULL,
        .remark = view->checked};
    STATUS_TRY(compare(cert, drawing.before, &error));
    STATUS_TRY(find_names(&names, &net, view, &error));
    drawing.names = names.net == NULL ? NULL : &calls;
    if (view->query != NULL) {
        STATUS_TRY(proof_fits(cert, view->query->query, &error));
        cert_notes_init(&notes, cert);
        margins_find(&notes, cert, view->query->query, true);
        drawing.notes = &notes;
    }
    STATUS_TRY(draw_cert(path, &drawing, &error));
cleanup:
    cert_notes_clear(&notes);
    net_destroy(net);
    return report(status, message, size, &error);
}

bool astrolabe_can_draw(const char *path)
{
    return draw_is_known(path);
}

enum astrolabe_status
astrolabe_certificate_explain(FILE *file, astrolabe_certificate *certificate,
                              const struct astrolabe_view *view, char *message,
                              size_t size)
{
    struct error error = {0};
    struct net_names names = {.net = view->query->query->net};
    const struct cert_names calls = {name_input, name_relu, &names};
    const struct leaf_question question = {.cert = &certificate->cert,
                                           .query = view->query->query,
                                           .names = &calls,
                                           .case_index = view->case_index,
                                           .leaf = view->leaf};
    enum status status = proof_fits(&certificate->cert, question.query, &error);
    if (status == STATUS_OK) {
        status = leaf_explain(file, &question, &error);
    }
    return report(status, message, size, &error);
}

enum astrolabe_status astrolabe_certificate_print_margins(
    FILE *file, astrolabe_certificate *certificate,
    const astrolabe_query *query, char *message, size_t size)
{
    struct error error = {0};
    struct cert *cert = &certificate->cert;
    const enum status status = proof_fits(cert, query->query, &error);
    if (status == STATUS_OK) {
        struct cert_notes notes;
        cert_notes_init(&notes, cert);
        margins_find(&notes, cert, query->query, false);
        margins_print(file, cert, &notes);
        cert_notes_clear(&notes);
    }
    return report(status, message, size, &error);
}

void astrolabe_certificate_print_figures(
    FILE *file, const astrolabe_certificate *certificate)
{
    cert_figures_print(file, &certificate->cert);
}

size_t astrolabe_n_operators(void)
{
    return net_n_operators();
}

const char *astrolabe_operator(size_t i)
{
    return net_operator_name(i);
}

/* The graph carries every computed tensor in one of the two float types. */
const char *astrolabe_operator_types(size_t i)
{
    (void)i;
    return "float32, float64";
}
