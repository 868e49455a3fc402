/* Look-up in the table of operators. */
#include "src/net/operators.h"

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
