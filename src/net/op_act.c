/* Activation functions, element by element. */
#include "src/net/operators.h"

enum status op_import_relu(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    struct tensor *output = NULL;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    input = import_input(import, 0);
    STATUS_TRY(import_computed(import, input));
    STATUS_TRY(import_output(import, 0, input->type, &input->shape, &output));
    (void)import_node(import, NODE_RELU, output, &input, 1);
cleanup:
    return status;
}
