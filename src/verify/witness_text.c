/* Prints a witness; reads the print back and tests every number of it. */
#include "src/verify/witness_text.h"

#include "src/base/alloc.h"
#include "src/base/vec.h"
#include "src/num/rational.h"

#include <gmp.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

struct text {
    VEC(char) bytes;
};

static void append(struct text *text, const char *piece)
{
    const size_t n = strlen(piece);
    VEC_RESERVE(&text->bytes, text->bytes.n + n + 1);
    memcpy(text->bytes.data + text->bytes.n, piece, n + 1);
    text->bytes.n += n;
}

static void append_number(struct text *text, double value)
{
    char number[32];
    rational_print_double(number, value);
    append(text, number);
}

static void print_pairs(struct text *text, char letter, const double *values,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char name[48];
        (void)snprintf(name, sizeof name, "%s(%c_%zu ",
                       letter == 'X' && i == 0 ? "(" : "", letter, i);
        append(text, name);
        append_number(text, values[i]);
        append(text, ")\n");
    }
}

static void print_v1(struct text *text, const struct query *query,
                     const struct witness *witness)
{
    print_pairs(text, 'X', witness->x, query->n_declared_inputs);
    print_pairs(text, 'Y', witness->y, query->n_declared_outputs);
    text->bytes.n--; /* the closing one stands beside the last pair */
    append(text, ")\n");
}

static void append_header(struct text *text,
                          const struct query_variable *variable)
{
    append(text, variable->name);
    append(text, " ");
    append(text, variable->type);
    append(text, " [");
    for (size_t i = 0; i < variable->n_dims; i++) {
        char dim[32];
        (void)snprintf(dim, sizeof dim, "%s%zu", i == 0 ? "" : ",",
                       variable->dims[i]);
        append(text, dim);
    }
    append(text, "]\n");
}

static void print_v2(struct text *text, const struct query *query,
                     const struct witness *witness)
{
    for (size_t i = 0; i < query->n_variables; i++) {
        const struct query_variable *variable = &query->variables[i];
        append_header(text, variable);
        for (size_t k = 0; k < variable->n_elements; k++) {
            double value =
                witness->y[variable->is_input ? 0 : variable->first + k];
            if (variable->is_input) {
                (void)query_declared_input(&value, query, variable->first + k,
                                           witness->x);
            }
            append_number(text, value);
            append(text, "\n");
        }
    }
}

static bool all_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

enum status witness_text_print(char **text, const struct query *query,
                               const struct witness *witness,
                               struct error *error)
{
    *text = NULL;
    if (!all_finite(witness->x, net_n_inputs(query->net)) ||
        !all_finite(witness->y, net_n_outputs(query->net))) {
        error_set(error, "a value of the witness is not finite");
        return STATUS_BAD_INPUT;
    }
    struct text printed = {0};
    append(&printed, "");
    if (query->vnnlib_major == 1) {
        print_v1(&printed, query, witness);
    } else {
        print_v2(&printed, query, witness);
    }
    *text = printed.bytes.data;
    return STATUS_OK;
}

/* What is being read: a position in the text and the numbers so far. */
struct reading {
    const char *at;
    const struct query *query;
    mpq_t *x;
    mpq_t *y;
    size_t n_x;
    size_t n_y;
    struct error *error;
};

/* Steps over exactly this text. */
static enum status read_text(struct reading *reading, const char *expected)
{
    const size_t n = strlen(expected);
    if (strncmp(reading->at, expected, n) != 0) {
        error_set(reading->error, "expected '%s', found '%.20s'", expected,
                  reading->at);
        return STATUS_BAD_INPUT;
    }
    reading->at += n;
    return STATUS_OK;
}

/* Replaces the value by the double nearest to it, exactly; false if there is
 * none, or two. */
static bool round_to_double(mpq_t value)
{
    const double below = rational_down(value);
    const double above = rational_up(value);
    if (!isfinite(below) || !isfinite(above)) {
        return false;
    }
    mpq_t down;
    mpq_t up;
    mpq_inits(down, up, NULL);
    rational_set_double(down, below);
    rational_set_double(up, above);
    const bool is_double = mpq_equal(down, up) != 0;
    /* value - down against up - value */
    mpq_add(down, down, up);
    mpq_div_2exp(down, down, 1);
    const int side = mpq_cmp(value, down);
    rational_set_double(value, side < 0 ? below : above);
    mpq_clears(down, up, NULL);
    return is_double || side != 0;
}

/* A decimal as a reader of doubles sees it. */
static enum status read_number(struct reading *reading, mpq_t value)
{
    const size_t n = strcspn(reading->at, " \t\n()");
    const enum status status =
        rational_parse(value, reading->at, n, reading->error);
    if (status == STATUS_OK && !round_to_double(value)) {
        error_set(reading->error, "'%.*s' is near no double", (int)n,
                  reading->at);
        return STATUS_BAD_INPUT;
    }
    reading->at += n;
    return status;
}

static enum status read_pairs(struct reading *reading, char letter,
                              mpq_t *values, size_t n)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < n; i++) {
        char name[48];
        (void)snprintf(name, sizeof name, "(%c_%zu ", letter, i);
        STATUS_TRY(read_text(reading, name));
        STATUS_TRY(read_number(reading, values[i]));
        STATUS_TRY(read_text(reading, ")"));
        reading->at += strspn(reading->at, "\n");
    }
cleanup:
    return status;
}

static enum status read_v1(struct reading *reading)
{
    enum status status = STATUS_OK;
    STATUS_TRY(read_text(reading, "("));
    STATUS_TRY(read_pairs(reading, 'X', reading->x, reading->n_x));
    STATUS_TRY(read_pairs(reading, 'Y', reading->y, reading->n_y));
    STATUS_TRY(read_text(reading, ")\n"));
cleanup:
    return status;
}

static enum status read_variable(struct reading *reading,
                                 const struct query_variable *variable,
                                 mpq_t *values)
{
    enum status status = STATUS_OK;
    struct text header = {0};
    append_header(&header, variable);
    STATUS_TRY(read_text(reading, header.bytes.data));
    for (size_t k = 0; k < variable->n_elements; k++) {
        STATUS_TRY(read_number(reading, values[k]));
        STATUS_TRY(read_text(reading, "\n"));
    }
cleanup:
    VEC_CLEAR(&header.bytes);
    return status;
}

static enum status read_v2(struct reading *reading)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < reading->query->n_variables; i++) {
        const struct query_variable *variable = &reading->query->variables[i];
        mpq_t *values = variable->is_input ? reading->x : reading->y;
        const size_t limit = variable->is_input ? reading->n_x : reading->n_y;
        if (variable->n_elements > limit - variable->first) {
            error_set(reading->error, "'%s' passes the network's elements",
                      variable->name);
            return STATUS_BAD_INPUT;
        }
        STATUS_TRY(read_variable(reading, variable, values + variable->first));
    }
cleanup:
    return status;
}

/* True if the rational is exactly the double. */
static bool is_exactly(const mpq_t value, double x)
{
    mpq_t exact;
    mpq_init(exact);
    rational_set_double(exact, x);
    const bool is_same = mpq_equal(value, exact) != 0;
    mpq_clear(exact);
    return is_same;
}

/* A pointer to constant arrays, which C17 does not convert to by itself. */
static const mpq_t *constant(mpq_t *values)
{
    return (const mpq_t *)values;
}

/* Moves the inputs that the query is about to the front. */
static void keep_inputs(const struct reading *reading)
{
    const struct net_ties *ties = &reading->query->extras.ties;
    for (size_t i = 0; i < ties->n; i++) {
        if (ties->source[i] == i) {
            mpq_set(reading->x[ties->kept[i]], reading->x[i]);
        }
    }
}

/* The inputs as read are those confirmed, in type and in the box, or near it
 * where that was said; they are projected onto the box. */
static enum status check_inputs(const struct reading *reading,
                                size_t case_index,
                                const struct witness *witness)
{
    const bool is_f32 = net_is_input_float32(reading->query->net);
    for (size_t i = 0; i < reading->n_x; i++) {
        double x = 0.0;
        if (!query_declared_input(&x, reading->query, i, witness->x) ||
            !is_exactly(reading->x[i], x) ||
            (is_f32 && !is_exactly(reading->x[i], (double)(float)x))) {
            error_set(reading->error, "input %zu is not the confirmed value",
                      i);
            return STATUS_BAD_INPUT;
        }
    }
    keep_inputs(reading);
    const struct query_projection projection =
        query_project(reading->x, reading->query, case_index);
    if (projection.n_moved != witness->projection.n_moved ||
        projection.farthest > witness->projection.farthest ||
        !query_contains_exact(reading->query, case_index,
                              constant(reading->x))) {
        error_set(reading->error, "the inputs as printed leave the box");
        return STATUS_BAD_INPUT;
    }
    return STATUS_OK;
}

/* The outputs as read are those of a fresh evaluation, and unsafe. */
static enum status check_outputs(const struct reading *reading,
                                 size_t case_index,
                                 const struct witness *witness)
{
    enum status status = STATUS_OK;
    double *y = NULL;
    NEW_ARRAY(y, net_n_outputs(reading->query->net));
    STATUS_TRY(
        net_eval_f32(y, reading->query->net, witness->x, reading->error));
    for (size_t i = 0; i < reading->n_y; i++) {
        if (!isfinite(y[i]) || !is_exactly(reading->y[i], y[i])) {
            error_set(reading->error, "output %zu is not the evaluated value",
                      i);
            status = STATUS_BAD_INPUT;
            goto cleanup;
        }
    }
    query_multiply(reading->y, reading->query, constant(reading->x));
    if (!query_holds_exact(reading->query, case_index, constant(reading->x),
                           constant(reading->y))) {
        error_set(reading->error,
                  "the property is false on the numbers as printed");
        status = STATUS_BAD_INPUT;
    }
cleanup:
    alloc_free(y);
    return status;
}

enum status witness_text_check(const char *text, const struct query *query,
                               size_t case_index, const struct witness *witness,
                               struct error *error)
{
    enum status status = STATUS_OK;
    struct reading reading = {.at = text, .query = query, .error = error};
    const size_t n_outputs = net_n_outputs(query->net);
    reading.n_x = query->n_declared_inputs;
    reading.n_y = query->n_declared_outputs;
    reading.x = rational_create(reading.n_x);
    reading.y = rational_create(n_outputs);
    STATUS_TRY(query->vnnlib_major == 1 ? read_v1(&reading)
                                        : read_v2(&reading));
    if (*reading.at != '\0') {
        error_set(error, "text after the witness: '%.20s'", reading.at);
        status = STATUS_BAD_INPUT;
        goto cleanup;
    }
    STATUS_TRY(check_inputs(&reading, case_index, witness));
    STATUS_TRY(check_outputs(&reading, case_index, witness));
cleanup:
    rational_destroy(reading.y, n_outputs);
    rational_destroy(reading.x, reading.n_x);
    return status;
}
