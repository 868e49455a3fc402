/* query -> hashes; sink -> tree, case by case; certificate -> file. */
#include "src/verify/proof.h"

#include "domains/act_relu.h"
#include "proofs/cert_bin.h"
#include "proofs/cert_figures.h"
#include "proofs/minimize.h"
#include "proofs/sink_build.h"
#include "solver/record.h"
#include "solver/replay.h"
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/base/writer.h"
#include "src/query/pairing.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The largest certificate. */
#define MAX_FILE_BYTES ((size_t)1 << 40)

/* Bytes for the bounds along a path of a certificate that is minimized. */
static const double MOST_BYTES = 0x1p31;

/* Layers that a node says whether it bounds, one bit each. */
enum { MOST_LAYERS = 64 };

/* The checker repeats the search's arithmetic on the search's own grids. */
static_assert((int)RECORD_BOX_BITS <= (int)CERT_MAX_BITS,
              "the grid of boxes is too fine for a certificate");
static_assert((int)RECORD_RANGE_BITS + (int)CERT_FACT_BITS < 63,
              "the search uses bounds that are too large for a certificate");
static_assert((int)ACT_SLOPE_BITS <= (int)CERT_MAX_SLOPE_BITS,
              "slopes are too long for a certificate");
static_assert((int)ACT_SLOPE_BITS <= (int)CERT_FACT_BITS &&
                  (int)RECORD_LEVEL_BITS == (int)ACT_SLOPE_BITS,
              "levels are multiples of the coarser of both grids");

/*
 * status  the first failure to keep a case's proof, with its error
 */
struct proof {
    char *path;
    struct cert cert;
    enum status status;
    struct error error;
};

enum status proof_hash_query(unsigned char digest[SHA256_BYTES],
                             const struct query *query, struct error *error)
{
    char piece[BUFSIZ];
    struct sha256 hash;
    errno = 0;
    FILE *file = tmpfile();
    if (file != NULL) {
        query_dump(file, query);
    }
    if (file == NULL || fflush(file) != 0 || ferror(file) != 0 ||
        fseek(file, 0, SEEK_SET) != 0) {
        error_set_place(error, "", 0, 0);
        error_set(error, "cannot write a temporary file: %s", strerror(errno));
        if (file != NULL) {
            (void)fclose(file);
        }
        return STATUS_IO;
    }
    sha256_init(&hash);
    for (size_t n = 1; n > 0;) {
        n = fread(piece, 1, sizeof piece, file);
        sha256_add(&hash, piece, n);
    }
    sha256_finish(digest, &hash);
    (void)fclose(file);
    return STATUS_OK;
}

static size_t count_layers(const struct layers *layers)
{
    size_t n = 0;
    for (size_t k = 1; k < layers->n_layers; k++) {
        n += layer_has_neurons(&layers->layer[k]) ? 1 : 0;
    }
    return n;
}

static bool has_cells(const struct query *query)
{
    return net_n_indices(query->net) > 0;
}

/* The numbers of a query; n_disjuncts [n_cases] is filled. */
static struct cert_shape shape_of(size_t *n_disjuncts,
                                  const struct query *query)
{
    const struct layers *layers = query->layers;
    for (size_t i = 0; i < query->n_cases; i++) {
        n_disjuncts[i] = query->cases[i].n_disjuncts;
    }
    return (struct cert_shape){.n_inputs = layers->n_inputs,
                               .n_relus = count_layers(layers),
                               .n_cases = has_cells(query) ? 0 : query->n_cases,
                               .n_disjuncts = n_disjuncts};
}

/* The files' digests are those of the bytes that were read for the query. */
static enum status hash_all(struct cert *cert, const struct query *query,
                            struct error *error)
{
    memcpy(cert->network_hash, net_digest(query->net), SHA256_BYTES);
    memcpy(cert->property_hash, query->property_digest, SHA256_BYTES);
    return proof_hash_query(cert->query_hash, query, error);
}

enum status proof_open(struct proof **proof, const struct query *query,
                       const char *path, struct error *error)
{
    enum status status = STATUS_OK;
    struct writer *writer = NULL;
    struct proof *self = NULL;
    size_t *n_disjuncts = NULL;
    *proof = NULL;
    NEW(self);
    NEW_ARRAY(n_disjuncts, query->n_cases);
    const struct cert_shape shape = shape_of(n_disjuncts, query);
    cert_init(&self->cert, &shape);
    self->cert.has_cells = has_cells(query);
    self->cert.box_bits = RECORD_BOX_BITS;
    self->cert.slope_bits = ACT_SLOPE_BITS;
    self->path = alloc_string(path, strlen(path));
    if (strcmp(query->property_path, "-") == 0) {
        error_set(error, "a certificate needs a property in a file");
        status = STATUS_USAGE;
        goto cleanup;
    }
    if (query->layers->n_curved > 0 && shape.n_relus > MOST_LAYERS) {
        error_set(&self->error,
                  "proofs of networks with more than %d layers of neurons, not "
                  "all of them ReLUs, cannot be recorded",
                  MOST_LAYERS);
        self->status = STATUS_UNSUPPORTED;
    }
    STATUS_TRY(hash_all(&self->cert, query, error));
    STATUS_TRY(writer_open(&writer, path, error));
    writer_abandon(writer);
    *proof = self;
    self = NULL;
cleanup:
    alloc_free(n_disjuncts);
    proof_destroy(self);
    return status;
}

void proof_destroy(struct proof *proof)
{
    if (proof != NULL) {
        cert_clear(&proof->cert);
        alloc_free(proof->path);
        alloc_free(proof);
    }
}

bool proof_use_pairs(struct proof *proof, const struct query *paired)
{
    const size_t n = count_layers(paired->layers);
    if (proof != NULL && n <= MOST_LAYERS) {
        proof->cert.n_relus = n;
        proof->cert.has_pairs = true;
    }
    return proof == NULL || n <= MOST_LAYERS;
}

struct sink *proof_begin_case(const struct proof *proof)
{
    return proof == NULL || proof->cert.has_cells ? NULL : sink_create();
}

void proof_end_case(struct proof *proof, size_t case_index, struct sink *sink,
                    bool is_closed)
{
    if (proof == NULL || proof->cert.has_cells) {
        return;
    }
    if (is_closed && proof->status == STATUS_OK) {
        struct error *error = &proof->error;
        proof->status = sink_build_tree(&proof->cert, case_index, sink, error);
    }
    sink_destroy(sink);
}

void proof_keep_witness(struct proof *proof, const double *x)
{
    if (proof == NULL) {
        return;
    }
    struct cert *cert = &proof->cert;
    for (size_t i = 0; i < cert->n_cases; i++) {
        cert_tree_clear(&cert->trees[i]);
    }
    alloc_free(cert->trees);
    alloc_free(cert->witness);
    cert->trees = NULL;
    cert->n_cases = 0;
    cert->n_relus = 0;
    cert->has_pairs = false;
    cert->verdict = CERT_SAT;
    NEW_ARRAY(cert->witness, cert->n_inputs);
    memcpy(cert->witness, x, cert->n_inputs * sizeof *x);
    proof->status = STATUS_OK;
}

/* Every case must have its tree. */
static enum status check_cases(const struct proof *proof, struct error *error)
{
    if (proof->status != STATUS_OK) {
        *error = proof->error;
        return proof->status;
    }
    for (size_t i = 0; i < proof->cert.n_cases; i++) {
        if (proof->cert.trees[i].nodes.n == 0) {
            error_set(error, "no proof of case %zu of %zu was recorded", i + 1,
                      proof->cert.n_cases);
            return STATUS_LIMIT;
        }
    }
    return STATUS_OK;
}

static void count(struct stats *stats, const struct cert *cert, size_t n_bytes)
{
    struct cert_figures figures = {0};
    cert_figures_count(&figures, cert);
    stats->proof_bytes = n_bytes;
    stats->proof_leaves = figures.n_leaves;
    stats->proof_leaves_explicit = figures.n_explicit;
    cert_figures_clear(&figures);
}

enum status proof_write(struct proof *proof, struct stats *stats,
                        struct error *error)
{
    enum status status = STATUS_OK;
    size_t n_bytes = 0;
    STATUS_TRY(check_cases(proof, error));
    STATUS_TRY(cert_bin_write(&n_bytes, proof->path, &proof->cert, error));
    count(stats, &proof->cert, n_bytes);
    stats->proof_raw_bytes = n_bytes;
cleanup:
    return status;
}

bool proof_is_shallow(const struct cert *cert, const struct query *query)
{
    struct cert_figures figures = {0};
    cert_figures_count(&figures, cert);
    const double n_bytes = replay_bytes(query, figures.n_depths);
    cert_figures_clear(&figures);
    return n_bytes <= MOST_BYTES;
}

/* True if some tree has a split: nothing else is worth a pass here. */
static bool has_split(const struct cert *cert)
{
    bool has_one = false;
    for (size_t i = 0; i < cert->n_cases && cert->verdict == CERT_UNSAT; i++) {
        has_one = has_one || cert->trees[i].nodes.data[0].kind != CERT_LEAF;
    }
    return has_one;
}

/* True if some pass made something fewer, or more. */
static bool has_changed(const struct minimize_report *report)
{
    bool has_one = false;
    for (size_t i = 0; i < MINIMIZE_PASSES; i++) {
        has_one =
            has_one || memcmp(&report->pass[i].before, &report->pass[i].after,
                              sizeof report->pass[i].after) != 0;
    }
    return has_one;
}

enum status proof_shrink(struct proof *proof, const struct query *query,
                         double deadline_s, struct stats *stats,
                         struct error *error)
{
    const struct minimize_options options = {
        .passes = 1u << MINIMIZE_MERGE | 1u << MINIMIZE_REFRESH,
        .is_brief = true,
        .is_thrifty = true,
        .rounds = 1,
        .budget = {.deadline_s = deadline_s}};
    enum status status = STATUS_OK;
    struct minimize_report report;
    struct replay *replay = NULL;
    struct query bounded;
    struct bytes bytes = {0};
    struct writer *writer = NULL;
    if (!has_split(&proof->cert) || !proof_is_shallow(&proof->cert, query)) {
        return STATUS_OK;
    }
    (void)pairing_init(&bounded, query, proof->cert.has_pairs);
    replay =
        replay_create(&bounded, proof->cert.box_bits, proof->cert.fact_bits);
    const struct oracle oracle = replay_oracle(replay);
    minimize_run(&report, &proof->cert, &oracle, &options);
    replay_destroy(replay);
    pairing_clear(&bounded, query);
    if (!has_changed(&report)) {
        return STATUS_OK;
    }
    STATUS_TRY(cert_check(&proof->cert, error));
    cert_bin_encode(&bytes, &proof->cert, NULL);
    if (bytes.n <= stats->proof_bytes) {
        STATUS_TRY(writer_open(&writer, proof->path, error));
        writer_append(writer, bytes.data, bytes.n);
        STATUS_TRY(writer_commit(writer, error));
        count(stats, &proof->cert, bytes.n);
    }
cleanup:
    bytes_clear(&bytes);
    return status;
}

enum status proof_recount(struct stats *stats, const char *path,
                          struct error *error)
{
    struct bytes bytes = {0};
    struct cert cert;
    enum status status = reader_load(&bytes, path, MAX_FILE_BYTES, error);
    if (status == STATUS_OK) {
        status = cert_bin_decode(&cert, &bytes, error);
    }
    if (status == STATUS_OK) {
        count(stats, &cert, bytes.n);
        cert_clear(&cert);
    }
    bytes_clear(&bytes);
    return status;
}
