/* The public interface, mapped to query and verify. */
#include "src/astrolabe.h"

#include "proofs/cert.h"
#include "proofs/cert_bin.h"
#include "proofs/cert_figures.h"
#include "proofs/cert_text.h"
#include "proofs/minimize.h"
#include "src/astrolabe_handles.h"
#include "src/base/alloc.h"
#include "src/base/budget.h"
#include "src/base/reader.h"
#include "src/base/stats.h"
#include "src/compare/compare.h"
#include "src/net/net.h"
#include "src/num/rational.h"
#include "src/query/query.h"
#include "src/verify/proof.h"
#include "src/verify/proof_minimize.h"
#include "src/verify/verify.h"
#include "vnnlib/vnnlib.h"

#include <math.h>
#include <string.h>

struct astrolabe_result {
    struct verify_result result;
};

struct astrolabe_proof {
    struct proof *proof;
};

/* No certificate is read beyond this: positions in it have 32 bits. */
static const size_t max_certificate_bytes = UINT32_MAX;

/* The caller's callback with the clock added. */
struct relay {
    const struct astrolabe_options *options;
};

enum astrolabe_status astrolabe_report(enum status status, char *message,
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
    return astrolabe_report(status, message, size, &error);
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
    return astrolabe_report(vnnlib_check(path, strict, &error), message, size,
                            &error);
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
    return astrolabe_report(status, message, size, &error);
}

enum astrolabe_status
astrolabe_compare(FILE *file, const struct astrolabe_comparison *comparison,
                  char *message, size_t size)
{
    const struct compare_question question = {comparison->epsilon,
                                              comparison->box};
    struct error error = {0};
    struct net *first = NULL;
    struct net *second = NULL;
    enum status status = net_load(&first, comparison->first_path, &error);
    if (status == STATUS_OK) {
        status = net_load(&second, comparison->second_path, &error);
    }
    if (status == STATUS_OK) {
        const struct net *const nets[2] = {first, second};
        status = compare_write(file, nets, &question, &error);
    }
    net_destroy(first);
    net_destroy(second);
    return astrolabe_report(status, message, size, &error);
}

int astrolabe_query_version(const astrolabe_query *query)
{
    return query->query->vnnlib_major;
}

void astrolabe_query_dump(FILE *file, const astrolabe_query *query)
{
    net_dump(file, query->query->net, query->query->layers);
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
    return astrolabe_report(status, message, size, &error);
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
    return astrolabe_report(
        proof_write(proof->proof, &result->result.stats, &error), message, size,
        &error);
}

enum astrolabe_status astrolabe_proof_shrink(astrolabe_proof *proof,
                                             const astrolabe_query *query,
                                             astrolabe_result *result,
                                             double deadline_s, char *message,
                                             size_t size)
{
    struct error error = {0};
    return astrolabe_report(result->result.verdict != VERDICT_UNSAT
                                ? STATUS_OK
                                : proof_shrink(proof->proof, query->query,
                                               deadline_s,
                                               &result->result.stats, &error),
                            message, size, &error);
}

enum astrolabe_status astrolabe_proof_recount(astrolabe_result *result,
                                              const char *path, char *message,
                                              size_t size)
{
    struct error error = {0};
    return astrolabe_report(proof_recount(&result->result.stats, path, &error),
                            message, size, &error);
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
    return astrolabe_report(status, message, size, &error);
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
    return astrolabe_report(status, message, size, &error);
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
        .procedure = procedures[options->thinning],
        .rounds = options->rounds,
        .budget = {.deadline_s = options->deadline_s},
    };
    return astrolabe_report(proof_minimize(&ignored, &certificate->cert,
                                           query->query, &inner, &error),
                            message, size, &error);
}

enum astrolabe_status
astrolabe_certificate_save(const astrolabe_certificate *certificate,
                           const char *path, char *message, size_t size)
{
    struct error error = {0};
    size_t n_bytes = 0;
    return astrolabe_report(
        cert_bin_write(&n_bytes, path, &certificate->cert, &error), message,
        size, &error);
}

void astrolabe_certificate_print(FILE *file,
                                 const astrolabe_certificate *certificate)
{
    cert_text_print(file, &certificate->cert);
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

enum astrolabe_status astrolabe_print_operators(FILE *file, const char *path,
                                                char *message, size_t size)
{
    struct error error = {0};
    return astrolabe_report(net_print_operators(file, path, &error), message,
                            size, &error);
}
