/* Names of version 2: networks, tensors and the elements of tensors. */
#ifndef ASTROLABE_VNNLIB_SCOPE_H
#define ASTROLABE_VNNLIB_SCOPE_H

#include "vnnlib/source.h"
#include "vnnlib/token.h"
#include "vnnlib/vnnlib.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An element while its indices are read.
 *   name      token of the variable's name
 *   variable  VNNLIB_UNKNOWN if it is not declared
 *   element   row-major position so far
 *   n_indices   read so far
 *   end         byte behind the name or the closing bracket
 *   is_outside  some index is not below its dimension                    */
struct scope_element {
    struct token name;
    uint32_t variable;
    uint64_t element;
    uint32_t n_indices;
    size_t end;
    bool is_outside;
};

/* Declares the network lib->networks is about to end with. A name in use is
 * a diagnostic; the network is appended in any case. */
void scope_add_network(struct source *source, struct token name);

/* Declares a tensor of the last network. A name in use is a diagnostic and
 * the tensor is appended without a name to find it by. */
void scope_add_variable(struct source *source, struct token name,
                        const struct vnnlib_variable *variable);

/* Number of an earlier network; VNNLIB_UNKNOWN and a diagnostic if there is
 * none. */
uint32_t scope_find_network(struct source *source, struct token name);

struct scope_element scope_begin(const struct source *source,
                                 struct token name);
void scope_add_index(const struct source *source, struct scope_element *element,
                     struct token index);

/* Checks the indices against the shape. Sets variable to VNNLIB_UNKNOWN
 * after an error. */
void scope_end(struct source *source, struct scope_element *element);

/* Whole number in the token's digits; false if there is anything else or it
 * passes UINT32_MAX. */
bool scope_read_index(uint32_t *value, const struct source *source,
                      struct token token);

#endif
