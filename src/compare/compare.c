/* Declarations, the box, equal inputs, outputs that are too far apart. */
#include "src/compare/compare.h"

#include "src/base/alloc.h"
#include "src/base/vec.h"
#include "src/num/rational.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A decimal number in a text. */
struct number {
    const char *text;
    size_t n;
};

struct question {
    struct number epsilon;
    VEC(struct number) box; /* lower, higher, lower, ... */
};

/* A sign, digits, and perhaps a point and digits; n is 0 without one. */
static struct number find_number(const char *text)
{
    size_t n = text[0] == '-' ? 1 : 0;
    const size_t whole = strspn(text + n, "0123456789");
    n += whole;
    if (whole > 0 && text[n] == '.') {
        const size_t part = strspn(text + n + 1, "0123456789");
        n += part > 0 ? part + 1 : 0;
    }
    return (struct number){text, whole > 0 ? n : 0};
}

static bool is_less(struct number a, struct number b)
{
    struct error error = {0};
    mpq_t value[2];
    mpq_inits(value[0], value[1], NULL);
    const bool is_known =
        rational_parse(value[0], a.text, a.n, &error) == STATUS_OK &&
        rational_parse(value[1], b.text, b.n, &error) == STATUS_OK;
    const int order = mpq_cmp(value[0], value[1]);
    mpq_clears(value[0], value[1], NULL);
    return is_known && order < 0;
}

static enum status refuse(struct error *error, const char *option,
                          const char *cause)
{
    error_set_place(error, "", 0, 0);
    error_set(error, "%s: %s", option, cause);
    return STATUS_USAGE;
}

static enum status read_question(struct question *read,
                                 const struct compare_question *question,
                                 size_t n_inputs, struct error *error)
{
    const char *at = question->box;
    read->epsilon = find_number(question->epsilon);
    if (read->epsilon.n == 0 || question->epsilon[0] == '-' ||
        question->epsilon[read->epsilon.n] != '\0') {
        return refuse(error, "--epsilon", "expected a number like 0.05");
    }
    for (bool has_more = true; has_more;) {
        const struct number lower = find_number(at);
        const struct number higher =
            find_number(at[lower.n] == ':' ? at + lower.n + 1 : at + lower.n);
        if (lower.n == 0 || at[lower.n] != ':' || higher.n == 0 ||
            is_less(higher, lower)) {
            return refuse(error, "--box",
                          "expected pairs like -1:1 with commas between");
        }
        VEC_PUSH(&read->box, lower);
        VEC_PUSH(&read->box, higher);
        at = higher.text + higher.n;
        has_more = *at == ',';
        at += has_more ? 1 : 0;
    }
    if (*at != '\0') {
        return refuse(error, "--box",
                      "expected pairs like -1:1 with commas between");
    }
    if (read->box.n != 2 && read->box.n != 2 * n_inputs) {
        error_set_place(error, "", 0, 0);
        error_set(error, "--box: %zu pairs for %zu inputs", read->box.n / 2,
                  n_inputs);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

static bool has_same_shape(struct net_tensor_info a, struct net_tensor_info b)
{
    return a.n_dims == b.n_dims &&
           (a.n_dims == 0 ||
            memcmp(a.dims, b.dims, a.n_dims * sizeof *a.dims) == 0);
}

static enum status check_shapes(const struct net *const nets[2],
                                struct error *error)
{
    bool is_same =
        net_n_input_tensors(nets[0]) == net_n_input_tensors(nets[1]) &&
        net_n_output_tensors(nets[0]) == net_n_output_tensors(nets[1]);
    for (size_t i = 0; is_same && i < net_n_input_tensors(nets[0]); i++) {
        is_same = has_same_shape(net_input_tensor(nets[0], i),
                                 net_input_tensor(nets[1], i));
    }
    for (size_t i = 0; is_same && i < net_n_output_tensors(nets[0]); i++) {
        is_same = has_same_shape(net_output_tensor(nets[0], i),
                                 net_output_tensor(nets[1], i));
    }
    if (!is_same) {
        error_set_place(error, "", 0, 0);
        error_set(error, "the networks have inputs or outputs of different "
                         "shapes");
    }
    return is_same ? STATUS_OK : STATUS_BAD_INPUT;
}

/* `(declare-input X0 real [1,5])` */
static void declare(FILE *file, const char *role, char letter, size_t number,
                    struct net_tensor_info tensor)
{
    (void)fprintf(file, "\n    (declare-%s %c%zu real [", role, letter, number);
    for (size_t d = 0; d < tensor.n_dims; d++) {
        (void)fprintf(file, "%s%zu", d == 0 ? "" : ",", tensor.dims[d]);
    }
    (void)fputs("])", file);
}

static void declare_network(FILE *file, const struct net *net, char name,
                            const char letters[2])
{
    (void)fprintf(file, "(declare-network %c", name);
    for (size_t i = 0; i < net_n_input_tensors(net); i++) {
        declare(file, "input", letters[0], i, net_input_tensor(net, i));
    }
    for (size_t i = 0; i < net_n_output_tensors(net); i++) {
        declare(file, "output", letters[1], i, net_output_tensor(net, i));
    }
    (void)fputs(")\n", file);
}

/* `X0[0,3]`, element i of a tensor, row-major. */
static void print_element(FILE *file, char letter, size_t number,
                          struct net_tensor_info tensor, size_t i)
{
    size_t rest = tensor.n_elements;
    (void)fprintf(file, "%c%zu", letter, number);
    for (size_t d = 0; d < tensor.n_dims; d++) {
        rest /= tensor.dims[d];
        (void)fprintf(file, "%s%zu", d == 0 ? "[" : ",",
                      i / rest % tensor.dims[d]);
    }
    (void)fputs(tensor.n_dims > 0 ? "]" : "", file);
}

/* With a point: a number without one is an integer. */
static void print_number(FILE *file, struct number number)
{
    (void)fprintf(file, "%.*s%s", (int)number.n, number.text,
                  memchr(number.text, '.', number.n) == NULL ? ".0" : "");
}

static void print_inputs(FILE *file, const struct net *net,
                         const struct question *question)
{
    size_t at = 0;
    for (size_t t = 0; t < net_n_input_tensors(net); t++) {
        const struct net_tensor_info tensor = net_input_tensor(net, t);
        for (size_t i = 0; i < tensor.n_elements; i++) {
            (void)fputs("(assert (>= ", file);
            print_element(file, 'X', t, tensor, i);
            (void)fputs(" ", file);
            print_number(file, question->box.data[at]);
            (void)fputs("))\n(assert (<= ", file);
            print_element(file, 'X', t, tensor, i);
            (void)fputs(" ", file);
            print_number(file, question->box.data[at + 1]);
            (void)fputs("))\n(assert (== ", file);
            print_element(file, 'P', t, tensor, i);
            (void)fputs(" ", file);
            print_element(file, 'X', t, tensor, i);
            (void)fputs("))\n", file);
            at += question->box.n > 2 ? 2 : 0;
        }
    }
}

static void print_outputs(FILE *file, const struct net *net,
                          const struct question *question)
{
    (void)fputs("(assert (or", file);
    for (size_t t = 0; t < net_n_output_tensors(net); t++) {
        const struct net_tensor_info tensor = net_output_tensor(net, t);
        for (size_t i = 0; i < 2 * tensor.n_elements; i++) {
            const char letters[2] = {i % 2 == 0 ? 'Y' : 'Q',
                                     i % 2 == 0 ? 'Q' : 'Y'};
            (void)fputs("\n    (> ", file);
            print_element(file, letters[0], t, tensor, i / 2);
            (void)fputs(" (+ ", file);
            print_element(file, letters[1], t, tensor, i / 2);
            (void)fputs(" ", file);
            print_number(file, question->epsilon);
            (void)fputs("))", file);
        }
    }
    (void)fputs("))\n", file);
}

enum status compare_write(FILE *file, const struct net *const nets[2],
                          const struct compare_question *question,
                          struct error *error)
{
    struct question read = {0};
    enum status status = STATUS_OK;
    STATUS_TRY(check_shapes(nets, error));
    STATUS_TRY(read_question(&read, question, net_n_inputs(nets[0]), error));
    (void)fputs("; Do f and g differ somewhere by more than ", file);
    print_number(file, read.epsilon);
    (void)fputs("?\n(vnnlib-version <2.0>)\n", file);
    declare_network(file, nets[0], 'f', "XY");
    declare_network(file, nets[1], 'g', "PQ");
    print_inputs(file, nets[0], &read);
    print_outputs(file, nets[0], &read);
cleanup:
    VEC_CLEAR(&read.box);
    return status;
}
