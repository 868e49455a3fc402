/* The public interface, part two: certificates shown, explained, drawn. */
#include "proofs/cert_notes.h"
#include "proofs/cert_text.h"
#include "src/astrolabe.h"
#include "src/astrolabe_handles.h"
#include "src/draw/draw.h"
#include "src/explain/leaf.h"
#include "src/explain/margins.h"
#include "src/explain/margins_print.h"
#include "src/net/net.h"
#include "src/num/rational.h"
#include "src/query/pairing.h"
#include "src/verify/proof_minimize.h"

#include <stdio.h>
#include <string.h>

/* Names of a network's inputs and layers of neurons; text of the last one. */
struct net_names {
    const struct net *net;
    const struct layers *layers;
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
    return net_neurons_name(names->net, names->layers, relu);
}

/* A network loaded for its names. */
struct loaded {
    struct net *net;
    struct layers *layers;
};

static void loaded_clear(struct loaded *loaded)
{
    layers_destroy(loaded->layers);
    net_destroy(loaded->net);
}

/* The network that has the names of a view: that of the query, or one loaded
 * into *loaded; NULL without one. */
static enum status find_names(struct net_names *names, struct loaded *loaded,
                              const struct astrolabe_view *view,
                              struct error *error)
{
    enum status status = STATUS_OK;
    if (view->query != NULL) {
        names->net = view->query->query->net;
        names->layers = view->query->query->layers;
    } else if (view->network_path != NULL) {
        rational_use_counted_memory();
        STATUS_TRY(net_load(&loaded->net, view->network_path, error));
        STATUS_TRY(net_lower(&loaded->layers, loaded->net, error));
        names->net = loaded->net;
        names->layers = loaded->layers;
    }
cleanup:
    return status;
}

enum astrolabe_status
astrolabe_certificate_show(FILE *file, const astrolabe_certificate *certificate,
                           const struct astrolabe_view *view, char *message,
                           size_t size)
{
    struct error error = {0};
    struct loaded loaded = {0};
    struct net_names names = {0};
    const struct cert_names calls = {name_input, name_relu, &names};
    const struct cert_stop stop = {view->refused_case, view->refused_node,
                                   view->checked};
    const enum status status = find_names(&names, &loaded, view, &error);
    if (status == STATUS_OK) {
        cert_text_show(file, &certificate->cert,
                       names.net == NULL ? NULL : &calls,
                       view->is_refused ? &stop : NULL);
    }
    loaded_clear(&loaded);
    return astrolabe_report(status, message, size, &error);
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
    is_same = is_same && !cert->has_cells;
    if (!is_same) {
        error_set(error, cert->has_cells ? "a proof by cells has no tree"
                         : before == NULL
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
    struct loaded loaded = {0};
    struct net_names names = {0};
    struct cert_notes notes = {0};
    struct query bounded;
    bool is_bounded = false;
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
    STATUS_TRY(find_names(&names, &loaded, view, &error));
    drawing.names = names.net == NULL ? NULL : &calls;
    if (view->query != NULL) {
        (void)pairing_init(&bounded, view->query->query, cert->has_pairs);
        is_bounded = true;
        STATUS_TRY(proof_fits(cert, &bounded, &error));
        cert_notes_init(&notes, cert);
        margins_find(&notes, cert, &bounded, true);
        drawing.notes = &notes;
    }
    STATUS_TRY(draw_cert(path, &drawing, &error));
cleanup:
    cert_notes_clear(&notes);
    if (is_bounded) {
        pairing_clear(&bounded, view->query->query);
    }
    loaded_clear(&loaded);
    return astrolabe_report(status, message, size, &error);
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
    struct net_names names = {.net = view->query->query->net,
                              .layers = view->query->query->layers};
    const struct cert_names calls = {name_input, name_relu, &names};
    struct query bounded;
    (void)pairing_init(&bounded, view->query->query,
                       certificate->cert.has_pairs);
    const struct leaf_question question = {.cert = &certificate->cert,
                                           .query = &bounded,
                                           .names = &calls,
                                           .case_index = view->case_index,
                                           .leaf = view->leaf};
    enum status status = proof_fits(&certificate->cert, question.query, &error);
    if (status == STATUS_OK) {
        status = leaf_explain(file, &question, &error);
    }
    pairing_clear(&bounded, view->query->query);
    return astrolabe_report(status, message, size, &error);
}

enum astrolabe_status astrolabe_certificate_print_margins(
    FILE *file, astrolabe_certificate *certificate,
    const astrolabe_query *query, char *message, size_t size)
{
    struct error error = {0};
    struct cert *cert = &certificate->cert;
    struct query bounded;
    (void)pairing_init(&bounded, query->query, cert->has_pairs);
    const enum status status = proof_fits(cert, &bounded, &error);
    if (status == STATUS_OK) {
        struct cert_notes notes;
        cert_notes_init(&notes, cert);
        margins_find(&notes, cert, &bounded, false);
        margins_print(file, cert, &notes);
        cert_notes_clear(&notes);
    }
    pairing_clear(&bounded, query->query);
    return astrolabe_report(status, message, size, &error);
}
