/* Activation functions, element by element. */
#include "src/net/operators.h"

#include <math.h>

static enum status add_node(struct import *import, enum node_form form,
                            struct node **node)
{
    enum status status = STATUS_OK;
    const struct tensor *input = import_input(import, 0);
    struct tensor *output = NULL;
    STATUS_TRY(import_computed(import, input));
    STATUS_TRY(import_output(import, 0, input->type, &input->shape, &output));
    *node = import_node(import, form, output, &input, 1);
cleanup:
    return status;
}

static double sigmoid(double x, const double *parameters)
{
    (void)parameters;
    return x >= 0.0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x));
}

static double hyperbolic_tangent(double x, const double *parameters)
{
    (void)parameters;
    return tanh(x);
}

static double leaky_relu(double x, const double *parameters)
{
    return x >= 0.0 ? x : parameters[0] * x;
}

static double clip(double x, const double *parameters)
{
    return fmin(fmax(x, parameters[0]), parameters[1]);
}

enum status op_import_relu(struct import *import)
{
    enum status status = STATUS_OK;
    struct node *node = NULL;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    STATUS_TRY(add_node(import, NODE_RELU, &node));
cleanup:
    return status;
}

static enum status import_function(struct import *import,
                                   double (*function)(double, const double *))
{
    enum status status = STATUS_OK;
    struct node *node = NULL;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    STATUS_TRY(add_node(import, NODE_FUNCTION, &node));
    node->function = function;
cleanup:
    return status;
}

enum status op_import_sigmoid(struct import *import)
{
    return import_function(import, sigmoid);
}

enum status op_import_tanh(struct import *import)
{
    return import_function(import, hyperbolic_tangent);
}

enum status op_import_leaky_relu(struct import *import)
{
    enum status status = STATUS_OK;
    double alpha = (double)0.01F;
    STATUS_TRY(import_float(import, "alpha", &alpha));
    STATUS_TRY(import_function(import, leaky_relu));
    import->net->nodes.data[import->net->nodes.n - 1].parameters[0] = alpha;
cleanup:
    return status;
}

enum status op_import_clip(struct import *import)
{
    enum status status = STATUS_OK;
    struct node *node = NULL;
    double lowest = -HUGE_VAL;
    double highest = HUGE_VAL;
    STATUS_TRY(import_arity(import, 1, import->opset >= 11 ? 3 : 1, 1));
    STATUS_TRY(import_computed(import, import_input(import, 0)));
    if (import->opset >= 11) {
        STATUS_TRY(import_scalar(import, 1, &lowest));
        STATUS_TRY(import_scalar(import, 2, &highest));
    } else {
        STATUS_TRY(import_float(import, "min", &lowest));
        STATUS_TRY(import_float(import, "max", &highest));
    }
    STATUS_TRY(add_node(import, NODE_FUNCTION, &node));
    node->function = clip;
    node->parameters[0] = lowest;
    node->parameters[1] = highest;
cleanup:
    return status;
}
