/* The public interface of astrolabe: load, verify, read the result. */
#ifndef ASTROLABE_H
#define ASTROLABE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct astrolabe_query astrolabe_query;
typedef struct astrolabe_result astrolabe_result;
typedef struct astrolabe_proof astrolabe_proof;
typedef struct astrolabe_certificate astrolabe_certificate;

enum astrolabe_verdict {
    ASTROLABE_UNKNOWN = 0,
    ASTROLABE_SAT = 10,
    ASTROLABE_UNSAT = 20,
    ASTROLABE_TIMED_OUT = 30
};

enum astrolabe_status {
    ASTROLABE_OK = 0,
    ASTROLABE_ERROR = 1,
    ASTROLABE_UNSUPPORTED = 2
};

/* Which engines of the search may run. */
enum astrolabe_engine {
    ASTROLABE_ENGINE_AUTO = 0,
    ASTROLABE_ENGINE_INPUT = 1,
    ASTROLABE_ENGINE_NEURON = 2
};

/* Progress of a search, a snapshot. */
struct astrolabe_progress {
    double elapsed_s;
    uint64_t open_nodes;
    uint64_t closed_nodes;
    double proved_share; /* of the tree's measure, 0..1 */
    double best_bound;   /* worst lower bound among recent nodes */
};

/*
 * timeout_s      wall seconds from process start; HUGE_VAL: none
 * memory_bytes   0: no limit
 * threads        0: all usable cores
 * attack         false: never search for witnesses
 * proof          records the proof; of the same query, used once; may be NULL
 * on_progress    called at most twice a second from one thread; may be NULL
 */
struct astrolabe_options {
    double timeout_s;
    size_t memory_bytes;
    size_t threads;
    uint64_t seed;
    bool attack;
    enum astrolabe_engine engine;
    astrolabe_proof *proof;
    void (*on_progress)(void *context, const struct astrolabe_progress *);
    void *progress_context;
};

/* One network argument; name NULL for a bare path. */
struct astrolabe_network {
    const char *name;
    const char *path;
};

/* Fills the defaults. */
void astrolabe_options_init(struct astrolabe_options *options);

/* "0.1.0"; static storage. */
const char *astrolabe_version(void);

/* Loads a property and its networks. On error *query is NULL and message
 * (cut to size bytes) says `path:line:column: cause`. strict turns lenient
 * acceptances into errors. */
enum astrolabe_status astrolabe_load(astrolabe_query **query,
                                     const char *property_path,
                                     size_t n_networks,
                                     const struct astrolabe_network *networks,
                                     bool strict, char *message, size_t size);
void astrolabe_query_free(astrolabe_query *query);

/* 1 or 2: the property's VNN-LIB version. */
int astrolabe_query_version(const astrolabe_query *query);
/* Canonical text of networks and query. */
void astrolabe_query_dump(FILE *file, const astrolabe_query *query);

/* Reads a property alone: its syntax and types. */
enum astrolabe_status astrolabe_check_property(const char *path, bool strict,
                                               char *message, size_t size);
/* Reads a model alone and lowers it as astrolabe_load would. */
enum astrolabe_status astrolabe_check_model(const char *path, char *message,
                                            size_t size);

/* Two networks in files, how far their outputs may be apart, a decimal number,
 * and the box: `LOW:HIGH` for all inputs, or such pairs for each of them with
 * commas between. */
struct astrolabe_comparison {
    const char *first_path;
    const char *second_path;
    const char *epsilon;
    const char *box;
};

/* Writes the VNN-LIB 2 property that outputs of the networks, `f` and `g`,
 * differ by more than epsilon somewhere in the box. */
enum astrolabe_status
astrolabe_compare(FILE *file, const struct astrolabe_comparison *comparison,
                  char *message, size_t size);

/* Decides the query; never fails: what cannot be decided is UNKNOWN with a
 * reason. The result is owned by the caller. */
astrolabe_result *astrolabe_verify(const astrolabe_query *query,
                                   const struct astrolabe_options *options);
void astrolabe_result_free(astrolabe_result *result);

enum astrolabe_verdict astrolabe_result_verdict(const astrolabe_result *);
/* Why the verdict is UNKNOWN or TIMED_OUT; "" otherwise. */
const char *astrolabe_result_reason(const astrolabe_result *result);
/* Writes the witness in the property's version of the text form; false if
 * there is none. */
bool astrolabe_result_witness(FILE *file, const astrolabe_result *result);
/* Counters by name, sorted: number, then name, description and value of
 * each. Names follow src/base/stats.def. */
size_t astrolabe_result_n_counters(const astrolabe_result *result);
const char *astrolabe_result_counter(const astrolabe_result *result, size_t i,
                                     double *value);

/* Prepares a certificate of the query: hashes its files and sees to it that
 * one can appear at path. On error *proof is NULL and message (cut to size
 * bytes) says why. To be freed by the caller, before the query. */
enum astrolabe_status astrolabe_proof_open(astrolabe_proof **proof,
                                           const astrolabe_query *query,
                                           const char *path, char *message,
                                           size_t size);
/* Writes the certificate of a run whose verdict is UNSAT or SAT in one step and
 * adds its size to the counters of the result; otherwise nothing is written.
 * What was at the path stays on an error. */
enum astrolabe_status astrolabe_proof_write(astrolabe_proof *proof,
                                            astrolabe_result *result,
                                            char *message, size_t size);
/* Makes the certificate of UNSAT that astrolabe_proof_write has written
 * smaller in the time until deadline_s (wall seconds from process start) and
 * updates the counters; the file only changes if it does not grow. */
enum astrolabe_status astrolabe_proof_shrink(astrolabe_proof *proof,
                                             const astrolabe_query *query,
                                             astrolabe_result *result,
                                             double deadline_s, char *message,
                                             size_t size);
/* Updates the counters of the result for another certificate of it. */
enum astrolabe_status astrolabe_proof_recount(astrolabe_result *result,
                                              const char *path, char *message,
                                              size_t size);
void astrolabe_proof_free(astrolabe_proof *proof);

/* Reads a certificate in binary form (proofs/FORMAT.md), or in text form.
 * Nothing is proved by that: only the form is checked. */
enum astrolabe_status
astrolabe_certificate_load(astrolabe_certificate **certificate,
                           const char *path, char *message, size_t size);
enum astrolabe_status
astrolabe_certificate_load_text(astrolabe_certificate **certificate,
                                const char *path, char *message, size_t size);
void astrolabe_certificate_free(astrolabe_certificate *certificate);

/* Writes the binary form, in one step; prints the text form. */
enum astrolabe_status
astrolabe_certificate_save(const astrolabe_certificate *certificate,
                           const char *path, char *message, size_t size);
void astrolabe_certificate_print(FILE *file,
                                 const astrolabe_certificate *certificate);

/*
 * What helps to show a certificate.
 *   network_path  for the names of inputs and ReLU nodes; NULL: without
 *   query         for margins; NULL: without. It also has the names.
 *   checked       what a checker says about the certificate, for a remark
 *   is_refused    it refuses node number refused_node in pre-order of a case
 *   before        an earlier form of the certificate: a drawing shows in grey
 *                 what is gone; NULL: none
 *   most_nodes    of a drawing, >= 3
 *   case_index, leaf  what to explain, leaves numbered from 0 in pre-order;
 *                 ASTROLABE_ANY: that of least margin
 */
#define ASTROLABE_ANY SIZE_MAX
struct astrolabe_view {
    const char *network_path;
    const astrolabe_query *query;
    const char *checked;
    bool is_refused;
    size_t refused_case;
    size_t refused_node;
    const astrolabe_certificate *before;
    size_t most_nodes;
    size_t case_index;
    size_t leaf;
};

/* Prints the text form with remarks: leaves below each split, and names. It
 * ends with the record that is refused. */
enum astrolabe_status
astrolabe_certificate_show(FILE *file, const astrolabe_certificate *certificate,
                           const struct astrolabe_view *view, char *message,
                           size_t size);

/* Draws the trees of a certificate of unsat into a file ending in .dot, .svg
 * or .png; images need Graphviz. */
enum astrolabe_status
astrolabe_certificate_draw(const char *path, astrolabe_certificate *certificate,
                           const struct astrolabe_view *view, char *message,
                           size_t size);
/* True if a drawing can have that name. */
bool astrolabe_can_draw(const char *path);

/* Prints why a leaf is closed, layer by layer; the view has a query. */
enum astrolabe_status
astrolabe_certificate_explain(FILE *file, astrolabe_certificate *certificate,
                              const struct astrolabe_view *view, char *message,
                              size_t size);

/* Prints the margins of the leaves in figures. */
enum astrolabe_status astrolabe_certificate_print_margins(
    FILE *file, astrolabe_certificate *certificate,
    const astrolabe_query *query, char *message, size_t size);
/* Prints sizes and counts, one a line, and the leaves by depth. */
void astrolabe_certificate_print_figures(
    FILE *file, const astrolabe_certificate *certificate);

/* How multipliers are thinned out: by deleting them one after the other, by a
 * linear program, or the better of both. */
enum astrolabe_thinning {
    ASTROLABE_THINNING_GREEDY,
    ASTROLABE_THINNING_LP,
    ASTROLABE_THINNING_BETTER
};

/*
 * passes      bit p: pass p is run, in order
 * is_slow     passes may take many times as long as checking does
 * rounds      most rounds over all passes, as long as something changes
 * deadline_s  wall seconds from process start; HUGE_VAL: none
 */
struct astrolabe_minimize_options {
    unsigned passes;
    bool is_slow;
    enum astrolabe_thinning thinning;
    unsigned rounds;
    double deadline_s;
};

/* Passes of minimization by name. */
size_t astrolabe_n_passes(void);
const char *astrolabe_pass(size_t i);

/* Sizes that minimization is about: leaves, refreshes of a layer, lemmas,
 * slopes, multipliers. */
struct astrolabe_sizes {
    size_t n_leaves;
    size_t n_refreshes;
    size_t n_lemmas;
    size_t n_slopes;
    size_t n_multipliers;
};
void astrolabe_certificate_measure(struct astrolabe_sizes *sizes,
                                   const astrolabe_certificate *certificate);

/* Runs passes on a certificate of unsat of the query. What is left need not
 * be a proof: only astrolabe-check can tell. */
enum astrolabe_status
astrolabe_certificate_minimize(astrolabe_certificate *certificate,
                               const astrolabe_query *query,
                               const struct astrolabe_minimize_options *options,
                               char *message, size_t size);

/* Operators by name and their element types, separated by `, `. */
size_t astrolabe_n_operators(void);
const char *astrolabe_operator(size_t i);
const char *astrolabe_operator_types(size_t i);

/* Writes the table of operators: what is done about each, as Markdown. path: of
 * the operators of an ONNX file only, known or not; NULL: of all. */
enum astrolabe_status astrolabe_print_operators(FILE *file, const char *path,
                                                char *message, size_t size);

#endif
