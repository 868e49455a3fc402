/* Certificates as text: the reader, word by word. */
#include "proofs/cert_text.h"
#include "src/base/alloc.h"

#include <string.h>

/* A count that a text states is believed only up to here. */
#define MAX_COUNT ((uint64_t)1 << 40)

/* at: next byte; the text is terminated by a zero byte at end. */
struct scanner {
    const char *at;
    const char *end;
    const char *line_start;
    size_t line;
    struct error *error;
};

static enum status refuse(const struct scanner *scanner, const char *expected)
{
    error_set_place(scanner->error, NULL, scanner->line,
                    (size_t)(scanner->at - scanner->line_start) + 1);
    error_set(scanner->error, "expected %s", expected);
    return STATUS_BAD_INPUT;
}

static void skip_blanks(struct scanner *scanner)
{
    while (*scanner->at == ' ' || *scanner->at == '\t' ||
           *scanner->at == '\r') {
        scanner->at++;
    }
}

static bool is_line_end(const struct scanner *scanner)
{
    return scanner->at == scanner->end || *scanner->at == '\n';
}

static void next_line(struct scanner *scanner)
{
    scanner->at++;
    scanner->line++;
    scanner->line_start = scanner->at;
}

/* Goes to the first word of the next record. */
static void skip_empty_lines(struct scanner *scanner)
{
    skip_blanks(scanner);
    while (scanner->at < scanner->end &&
           (*scanner->at == '\n' || *scanner->at == '#')) {
        while (!is_line_end(scanner)) {
            scanner->at++;
        }
        if (scanner->at < scanner->end) {
            next_line(scanner);
        }
        skip_blanks(scanner);
    }
}

/* Takes the word if it comes next in the line. */
static bool take_word(struct scanner *scanner, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(scanner);
    if (strncmp(scanner->at, word, n) != 0 ||
        strchr(" \t\r\n", scanner->at[n]) == NULL) {
        return false;
    }
    scanner->at += n;
    return true;
}

static enum status expect_word(struct scanner *scanner, const char *word)
{
    char expected[32];
    if (take_word(scanner, word)) {
        return STATUS_OK;
    }
    (void)snprintf(expected, sizeof expected, "'%s'", word);
    return refuse(scanner, expected);
}

static enum status end_line(struct scanner *scanner)
{
    skip_blanks(scanner);
    if (!is_line_end(scanner)) {
        return refuse(scanner, "the end of the line");
    }
    skip_empty_lines(scanner);
    return STATUS_OK;
}

/* Digits of a number of at most `limit`. */
static enum status take_number(struct scanner *scanner, uint64_t *value,
                               uint64_t limit)
{
    const char *start = scanner->at;
    *value = 0;
    while (*scanner->at >= '0' && *scanner->at <= '9') {
        const uint64_t digit = (uint64_t)(*scanner->at - '0');
        if (*value > limit / 10 || *value * 10 > limit - digit) {
            (void)refuse(scanner, "a smaller number");
            return STATUS_LIMIT;
        }
        *value = 10 * *value + digit;
        scanner->at++;
    }
    return scanner->at == start ? refuse(scanner, "a number") : STATUS_OK;
}

/* A number after a blank. */
static enum status take_count(struct scanner *scanner, uint64_t *value,
                              uint64_t limit)
{
    skip_blanks(scanner);
    const enum status status = take_number(scanner, value, limit);
    return status == STATUS_OK && strchr(" \t\r\n", *scanner->at) == NULL
               ? refuse(scanner, "a digit or a blank")
               : status;
}

static enum status take_index(struct scanner *scanner, uint32_t *value)
{
    uint64_t wide = 0;
    const enum status status = take_count(scanner, &wide, UINT32_MAX);
    *value = (uint32_t)wide;
    return status;
}

static enum status take_bits(struct scanner *scanner, const char *name,
                             uint8_t *bits, uint64_t limit)
{
    enum status status = STATUS_OK;
    uint64_t value = 0;
    STATUS_TRY(expect_word(scanner, name));
    STATUS_TRY(take_count(scanner, &value, limit));
    *bits = (uint8_t)value;
cleanup:
    return status;
}

/* `[-]digits` with an absolute value of at most `limit`, or limit + 1 where
 * negative. */
static enum status take_signed(struct scanner *scanner, int64_t *value,
                               int64_t limit)
{
    const bool is_negative = *scanner->at == '-';
    uint64_t size = 0;
    scanner->at += is_negative ? 1 : 0;
    const enum status status =
        take_number(scanner, &size, (uint64_t)limit + (is_negative ? 1 : 0));
    *value =
        !is_negative || size == 0 ? (int64_t)size : -(int64_t)(size - 1) - 1;
    return status;
}

/* `pE` at the end of a word. */
static enum status take_exponent(struct scanner *scanner, int32_t *exponent)
{
    int64_t value = 0;
    if (*scanner->at != 'p') {
        return refuse(scanner, "'p' and an exponent");
    }
    scanner->at++;
    const enum status status = take_signed(scanner, &value, CERT_MAX_EXPONENT);
    *exponent = (int32_t)value;
    if (status == STATUS_OK && (value < -CERT_MAX_EXPONENT ||
                                strchr(" \t\r\n", *scanner->at) == NULL)) {
        return refuse(scanner, "a smaller exponent and a blank");
    }
    return status;
}

static int value_of_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum status take_hash(struct scanner *scanner, const char *name,
                             unsigned char hash[SHA256_BYTES])
{
    enum status status = STATUS_OK;
    STATUS_TRY(expect_word(scanner, name));
    skip_blanks(scanner);
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        const int high = value_of_digit(scanner->at[0]);
        const int low = high < 0 ? -1 : value_of_digit(scanner->at[1]);
        if (low < 0) {
            return refuse(scanner, "64 digits from 0 to f");
        }
        hash[i] = (unsigned char)(16 * high + low);
        scanner->at += 2;
    }
    STATUS_TRY(end_line(scanner));
cleanup:
    return status;
}

/* Words `J*MpE` to the end of the list. */
static enum status take_multipliers(struct scanner *scanner,
                                    struct cert_tree *tree, uint32_t *n)
{
    enum status status = STATUS_OK;
    skip_blanks(scanner);
    while (*scanner->at >= '0' && *scanner->at <= '9') {
        struct cert_multiplier multiplier = {0};
        uint64_t index = 0;
        STATUS_TRY(take_number(scanner, &index, UINT32_MAX));
        if (*scanner->at != '*') {
            return refuse(scanner, "'*' and a multiplier");
        }
        scanner->at++;
        STATUS_TRY(take_number(scanner, &multiplier.mantissa, UINT64_MAX));
        if (multiplier.mantissa == 0) {
            return refuse(scanner, "a positive multiplier");
        }
        STATUS_TRY(take_exponent(scanner, &multiplier.exponent));
        multiplier.index = (uint32_t)index;
        VEC_PUSH(&tree->multipliers, multiplier);
        (*n)++;
        skip_blanks(scanner);
    }
cleanup:
    return status;
}

static enum status take_closing(struct scanner *scanner, struct cert_tree *tree)
{
    struct cert_closing closing = {.first = tree->multipliers.n};
    enum status status = STATUS_OK;
    closing.is_default = take_word(scanner, "default");
    if (!closing.is_default) {
        STATUS_TRY(expect_word(scanner, "atoms"));
        STATUS_TRY(take_multipliers(scanner, tree, &closing.n_atoms));
        STATUS_TRY(expect_word(scanner, "literals"));
        STATUS_TRY(take_multipliers(scanner, tree, &closing.n_literals));
    }
    VEC_PUSH(&tree->closings, closing);
    STATUS_TRY(end_line(scanner));
cleanup:
    return status;
}

static enum status take_input(struct scanner *scanner, struct cert_tree *tree,
                              struct cert_node *node, size_t n_inputs)
{
    enum status status = STATUS_OK;
    struct cert_dyadic threshold = {0};
    STATUS_TRY(take_index(scanner, &node->index));
    if (node->index >= n_inputs) {
        return refuse(scanner, "the number of an input before this");
    }
    if (take_word(scanner, "at")) {
        skip_blanks(scanner);
        STATUS_TRY(take_signed(scanner, &threshold.mantissa, INT64_MAX));
        STATUS_TRY(take_exponent(scanner, &threshold.exponent));
        node->kind = CERT_INPUT_AT;
        node->element = (uint32_t)tree->thresholds.n;
        VEC_PUSH(&tree->thresholds, threshold);
    }
cleanup:
    return status;
}

/* A node's line, and those of its closings. */
static enum status take_node(struct scanner *scanner, struct cert_tree *tree,
                             struct cert_node *node, size_t n_inputs)
{
    enum status status = STATUS_OK;
    *node = (struct cert_node){.kind = CERT_INPUT};
    if (take_word(scanner, "input")) {
        STATUS_TRY(take_input(scanner, tree, node, n_inputs));
    } else if (take_word(scanner, "neuron")) {
        node->kind = CERT_NEURON;
        STATUS_TRY(take_index(scanner, &node->index));
        STATUS_TRY(take_index(scanner, &node->element));
    } else if (take_word(scanner, "leaf")) {
        const bool is_with = take_word(scanner, "with");
        node->kind = is_with ? CERT_LEAF_WITH : CERT_LEAF;
        node->index = is_with ? (uint32_t)tree->closings.n : 0;
    } else {
        return refuse(scanner, "'input', 'neuron' or 'leaf'");
    }
    node->refresh = take_word(scanner, "refresh");
    STATUS_TRY(end_line(scanner));
    for (size_t d = 0; node->kind == CERT_LEAF_WITH && d < tree->n_disjuncts;
         d++) {
        STATUS_TRY(take_closing(scanner, tree));
    }
cleanup:
    return status;
}

static enum status take_tree(struct scanner *scanner, struct cert_tree *tree,
                             size_t n_inputs)
{
    struct cert_walk walk = {0};
    enum status status = STATUS_OK;
    uint64_t n_disjuncts = 0;
    STATUS_TRY(expect_word(scanner, "case"));
    STATUS_TRY(take_count(scanner, &n_disjuncts, MAX_COUNT));
    STATUS_TRY(end_line(scanner));
    tree->n_disjuncts = (size_t)n_disjuncts;
    while (!cert_walk_is_done(&walk)) {
        struct cert_node node;
        STATUS_TRY(take_node(scanner, tree, &node, n_inputs));
        VEC_PUSH(&tree->nodes, node);
        (void)cert_walk_enter(&walk, (enum cert_kind)node.kind);
    }
cleanup:
    cert_walk_clear(&walk);
    return status;
}

/* The line of version, semantics and grids. */
static enum status take_grids(struct scanner *scanner, struct cert *cert)
{
    enum status status = STATUS_OK;
    uint64_t version = 0;
    skip_empty_lines(scanner);
    STATUS_TRY(expect_word(scanner, "astc"));
    STATUS_TRY(take_count(scanner, &version, CERT_VERSION));
    if (version != CERT_VERSION) {
        return refuse(scanner, "version 1 before this");
    }
    STATUS_TRY(expect_word(scanner, "real"));
    STATUS_TRY(take_bits(scanner, "box", &cert->box_bits, CERT_MAX_BITS));
    STATUS_TRY(take_bits(scanner, "fact", &cert->fact_bits, CERT_MAX_BITS));
    STATUS_TRY(
        take_bits(scanner, "slope", &cert->slope_bits, CERT_MAX_SLOPE_BITS));
    if (cert->slope_bits == 0) {
        return refuse(scanner, "a positive number of bits before this");
    }
    STATUS_TRY(end_line(scanner));
cleanup:
    return status;
}

static enum status take_head(struct scanner *scanner, struct cert *cert,
                             uint64_t *n_cases)
{
    enum status status = STATUS_OK;
    uint64_t n_inputs = 0;
    STATUS_TRY(take_grids(scanner, cert));
    STATUS_TRY(take_hash(scanner, "network", cert->network_hash));
    STATUS_TRY(take_hash(scanner, "property", cert->property_hash));
    STATUS_TRY(take_hash(scanner, "query", cert->query_hash));
    STATUS_TRY(expect_word(scanner, "shape"));
    STATUS_TRY(take_count(scanner, &n_inputs, MAX_COUNT));
    STATUS_TRY(take_count(scanner, n_cases, MAX_COUNT));
    STATUS_TRY(end_line(scanner));
    cert->n_inputs = (size_t)n_inputs;
cleanup:
    return status;
}

enum status cert_text_read(struct cert *cert, const char *text, size_t n,
                           struct error *error)
{
    struct scanner scanner = {.at = text,
                              .end = text + n,
                              .line_start = text,
                              .line = 1,
                              .error = error};
    enum status status = STATUS_OK;
    uint64_t n_cases = 0;
    *cert = (struct cert){0};
    STATUS_TRY(take_head(&scanner, cert, &n_cases));
    while (cert->n_cases < n_cases) {
        RESIZE_ARRAY(cert->trees, cert->n_cases + 1);
        cert->n_cases++;
        STATUS_TRY(take_tree(&scanner, &cert->trees[cert->n_cases - 1],
                             cert->n_inputs));
    }
    if (scanner.at != scanner.end) {
        status = refuse(&scanner, "the end of the text");
    }
cleanup:
    if (status != STATUS_OK) {
        cert_clear(cert);
    }
    return status;
}
