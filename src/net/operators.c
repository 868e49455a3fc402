/* Look-up in the table of operators. */
#include "src/net/operators.h"

#include "src/net/net.h"
#include "src/onnx/model.h"

#include <stdio.h>
#include <string.h>

enum { OPERATOR_UNCHECKED, OPERATOR_CHECKED };

static const struct op operators[] = {
#define OPERATOR(name, min_opset, function, form, checked) \
    {#name, min_opset, function, OPERATOR_##form, OPERATOR_##checked},
#include "src/net/operators.def"
#undef OPERATOR
};

size_t operators_count(void)
{
    return sizeof operators / sizeof operators[0];
}

const struct op *operators_get(size_t i)
{
    return &operators[i];
}

const struct op *operators_find(const char *name)
{
    for (size_t i = 0; i < operators_count(); i++) {
        if (strcmp(operators[i].name, name) == 0) {
            return &operators[i];
        }
    }
    return NULL;
}

void net_operator_row(char *text, size_t size, size_t i)
{
    static const char *const forms[] = {"constant", "linear", "scaled",
                                        "piecewise", "curved"};
    static const char *const domains[] = {
        "- | - | - | - | -", "yes | yes | yes | yes | -",
        "yes | yes | yes | yes | -", "yes | yes | yes | yes | yes",
        "yes | yes | yes | yes | yes"};
    const struct op *op = operators_get(i);
    (void)snprintf(text, size, "| %s | %s | yes | yes | %s | %s |", op->name,
                   forms[op->form], domains[op->form],
                   op->is_checked ? "yes" : "no");
}

/* Whether an earlier node of the model has the operator of node i. */
static bool is_repeated(const struct model *model, size_t i)
{
    const struct model_node *node = &model->nodes[i];
    for (size_t k = 0; k < i; k++) {
        if (strcmp(model->nodes[k].op_type, node->op_type) == 0 &&
            strcmp(model->nodes[k].domain, node->domain) == 0) {
            return true;
        }
    }
    return false;
}

/* Operators of other domains than that of ONNX have none of the columns. */
static void print_row_of(FILE *file, const struct model_node *node)
{
    const bool is_onnx =
        node->domain[0] == '\0' || strcmp(node->domain, "ai.onnx") == 0;
    const struct op *op = is_onnx ? operators_find(node->op_type) : NULL;
    char row[256];
    if (op == NULL) {
        (void)fprintf(file,
                      "| %s%s%s | - | no | no | no | no | no | no | no | no "
                      "|\n",
                      is_onnx ? "" : node->domain, is_onnx ? "" : ".",
                      node->op_type);
        return;
    }
    net_operator_row(row, sizeof row, (size_t)(op - operators));
    (void)fprintf(file, "%s\n", row);
}

enum status net_print_operators(FILE *file, const char *path,
                                struct error *error)
{
    struct model *model = NULL;
    if (path != NULL) {
        const enum status status = model_load(&model, path, error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    (void)fputs("| operator | form | loads | evaluates | interval | zonotope "
                "| polyhedra | star | splits | certified |\n"
                "|---|---|---|---|---|---|---|---|---|---|\n",
                file);
    for (size_t i = 0; path == NULL && i < operators_count(); i++) {
        char row[256];
        net_operator_row(row, sizeof row, i);
        (void)fprintf(file, "%s\n", row);
    }
    for (size_t i = 0; model != NULL && i < model->n_nodes; i++) {
        if (!is_repeated(model, i)) {
            print_row_of(file, &model->nodes[i]);
        }
    }
    model_destroy(model);
    return STATUS_OK;
}
