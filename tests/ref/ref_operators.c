/* A tiny network for every operator: one node, or a few, of each form. */
#include "tests/ref/ref_operators.h"

#include "src/base/require.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW(name, opset, inputs, attributes) \
    {name, inputs, attributes, 1, opset, 'f', false},
#define ROW_OF(name, opset, inputs, attributes, output, n_outputs) \
    {name, inputs, attributes, n_outputs, opset, output, false},
#define OTHER(name, opset, inputs, attributes, output) \
    {name, inputs, attributes, 1, opset, output, true},

static const struct ref_operator operators[] = {
#include "tests/ref/ref_operators.def"
};

size_t ref_operator_count(void)
{
    return sizeof operators / sizeof *operators;
}

const struct ref_operator *ref_operator_at(size_t i)
{
    return &operators[i];
}

enum { MOST_VALUES = 64, MOST_DIMS = 6 };

/* Numbers of TensorProto.DataType by letter, and sizes of elements. */
static const struct {
    char letter;
    int type;
    size_t size;
} types[] = {{'f', 1, 4}, {'i', 7, 8}, {'I', 6, 4},
             {'u', 2, 1}, {'c', 3, 1}, {'b', 9, 1}};

static size_t find_type(char letter)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].letter == letter) {
            return i;
        }
    }
    REQUIRE(false);
    return 0;
}

/* Numbers separated by commas: how many; *text moves behind them. */
static size_t read_numbers(double *values, const char **text)
{
    size_t n = 0;
    char *end = NULL;
    for (;; (*text)++) {
        values[n] = strtod(*text, &end);
        if (end == *text) {
            break;
        }
        *text = end;
        REQUIRE(++n < MOST_VALUES);
        if (**text != ',') {
            break;
        }
    }
    return n;
}

/* `[1,2]`: the number of dimensions; SIZE_MAX if there is none. */
static size_t read_dims(int64_t *dims, size_t *n_elements, const char **text)
{
    double values[MOST_VALUES];
    *n_elements = 1;
    if (**text != '[') {
        return SIZE_MAX;
    }
    (*text)++;
    const size_t n = read_numbers(values, text);
    REQUIRE(n <= MOST_DIMS && **text == ']');
    (*text)++;
    for (size_t d = 0; d < n; d++) {
        dims[d] = (int64_t)values[d];
        *n_elements *= (size_t)values[d];
    }
    return n;
}

static void append_value(struct ref_bytes *raw, size_t type, double value)
{
    const float single = (float)value;
    const int64_t whole = (int64_t)value;
    /* Little-endian, as the format has it: low bytes first. */
    ref_bytes_append(raw,
                     types[type].letter == 'f' ? (const void *)&single : &whole,
                     types[type].size);
}

/* A constant by its text, as initializer `name`. */
static void add_constant(struct ref_model *model, const char *name,
                         const char *text)
{
    int64_t dims[MOST_DIMS];
    double values[MOST_VALUES];
    size_t n_elements = 0;
    struct ref_bytes raw = {0};
    const size_t type = find_type(*text++);
    size_t n_dims = read_dims(dims, &n_elements, &text);
    REQUIRE(*text++ == '=');
    const size_t n = read_numbers(values, &text);
    REQUIRE(n > 0 && *text == '\0');
    if (n_dims == SIZE_MAX) {
        n_dims = 1;
        dims[0] = (int64_t)n;
        n_elements = n;
    }
    for (size_t i = 0; i < n_elements; i++) {
        append_value(&raw, type, values[i % n]);
    }
    ref_model_tensor(model, name, types[type].type, dims, n_dims, &raw);
    ref_bytes_clear(&raw);
}

/* A computed input by its text; name becomes that of the node's input. Returns
 * its number of elements. */
static size_t add_computed(struct ref_model *model, char name[16],
                           const char *text, double *lower, double *upper)
{
    int64_t dims[MOST_DIMS];
    double ends[MOST_VALUES] = {-1.0, 1.0};
    size_t n_elements = 0;
    (void)snprintf(name, 16, "%c", *text++);
    const size_t n_dims = read_dims(dims, &n_elements, &text);
    REQUIRE(n_dims != SIZE_MAX && n_elements <= REF_OPERATOR_INPUTS);
    ref_model_input(model, name, 1, dims, n_dims);
    if (*text == '@') {
        text++;
        REQUIRE(read_numbers(ends, &text) == 2);
    }
    for (size_t i = 0; i < n_elements; i++) {
        lower[i] = ends[0];
        upper[i] = ends[1];
    }
    if (*text == '>') {
        char cast[16];
        (void)snprintf(cast, sizeof cast, "c%s", name);
        ref_model_node(model, "Cast", name, cast);
        ref_node_int(model, "to", types[find_type(text[1])].type);
        (void)snprintf(name, 16, "%s", cast);
        text += 2;
    }
    REQUIRE(*text == '\0');
    return n_elements;
}

/* One attribute `name=value` of the open node. */
static void add_attribute(struct ref_model *model, char *text)
{
    double values[MOST_VALUES];
    int64_t list[MOST_VALUES];
    char *value = strchr(text, '=');
    REQUIRE(value != NULL);
    *value++ = '\0';
    const char *at = value;
    if (*value == '\'') {
        value[strlen(value) - 1] = '\0';
        ref_node_text(model, text, value + 1);
    } else if (*value == '[') {
        at++;
        const size_t n = read_numbers(values, &at);
        for (size_t i = 0; i < n; i++) {
            list[i] = (int64_t)values[i];
        }
        ref_node_ints(model, text, list, n);
    } else {
        REQUIRE(read_numbers(values, &at) == 1);
        if (*at == 'f') {
            ref_node_float(model, text, (float)values[0]);
        } else {
            ref_node_int(model, text, (int64_t)values[0]);
        }
    }
}

/* Writes the tensors of the inputs; names become the node's list of them.
 * Returns the number of computed elements. */
static size_t add_inputs(struct ref_model *model, char *names, size_t size,
                         const struct ref_operator *row, double *lower,
                         double *upper)
{
    char text[256];
    size_t n_computed = 0;
    size_t at = 0;
    size_t k = 0;
    char *rest = NULL;
    (void)snprintf(text, sizeof text, "%s", row->inputs);
    names[0] = '\0';
    for (const char *input = strtok_r(text, " ", &rest); input != NULL;
         input = strtok_r(NULL, " ", &rest), k++) {
        char name[16] = "";
        if (strcmp(input, "X") == 0) {
            (void)snprintf(name, sizeof name, "X");
        } else if (*input == 'X' || *input == 'W') {
            n_computed += add_computed(model, name, input, lower + n_computed,
                                       upper + n_computed);
        } else if (*input != '_') {
            (void)snprintf(name, sizeof name, "k%zu", k);
            add_constant(model, name, input);
        }
        at += (size_t)snprintf(names + at, size - at, "%s%s", k == 0 ? "" : ",",
                               name);
        REQUIRE(at < size);
    }
    return n_computed;
}

struct ref_bytes ref_operator_model(const struct ref_operator *row,
                                    double *lower, double *upper)
{
    static const char *const outputs[] = {"", "Y", "Y,o1", "Y,o1,o2"};
    static const int64_t single[] = {1};
    struct ref_model model = {.opset = row->opset};
    char names[128];
    char text[256];
    char *rest = NULL;
    const size_t n = add_inputs(&model, names, sizeof names, row, lower, upper);
    REQUIRE(row->n_outputs < sizeof outputs / sizeof *outputs);
    ref_model_node(&model, row->name, names,
                   n == 0 ? "o" : outputs[row->n_outputs]);
    (void)snprintf(text, sizeof text, "%s", row->attributes);
    for (char *attribute = strtok_r(text, " ", &rest); attribute != NULL;
         attribute = strtok_r(NULL, " ", &rest)) {
        add_attribute(&model, attribute);
    }
    if (n == 0) {
        (void)add_computed(&model, names, "X[1]", lower, upper);
        ref_model_node(&model, "Cast", "o", "c");
        ref_node_int(&model, "to", 1);
        ref_model_node(&model, "Add", "X,c", "Y");
    }
    ref_model_output(&model, "Y", types[find_type(row->output)].type, single,
                     0);
    return ref_model_finish(&model);
}

void ref_operator_open(struct ref_operator_net *self,
                       const struct ref_operator *row)
{
    struct error error = {0};
    *self = (struct ref_operator_net){.row = row};
    struct ref_bytes model = ref_operator_model(row, self->lower, self->upper);
    ref_file_write(self->path, model.data, model.n);
    ref_bytes_clear(&model);
    ck_assert_msg(net_load(&self->net, self->path, &error) == STATUS_OK, "%s",
                  error.message);
    ck_assert_msg(net_lower(&self->layers, self->net, &error) == STATUS_OK,
                  "%s", error.message);
}

void ref_operator_close(struct ref_operator_net *self)
{
    layers_destroy(self->layers);
    net_destroy(self->net);
    ref_file_remove(self->path);
}
