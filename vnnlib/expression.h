/* Expressions of both versions: one reader, driven by an operator table. */
#ifndef ASTROLABE_VNNLIB_EXPRESSION_H
#define ASTROLABE_VNNLIB_EXPRESSION_H

#include "src/base/status.h"
#include "vnnlib/source.h"
#include "vnnlib/vnnlib.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * One operator: an expression (word operand ...).
 *   is_boolean    it yields a truth value, otherwise a number
 *   takes_boolean so do its operands
 *   n_min, n_max  number of operands; n_max 0: any number
 */
struct expression_operator {
    const char *word;
    enum vnnlib_kind kind;
    bool is_boolean;
    bool takes_boolean;
    size_t n_min;
    size_t n_max;
};

/*
 *   next  token_next_v1 or token_next_v2
 *   leaf  reads an operand without parentheses at the current token, appends
 *         its nodes and moves on; it must be boolean, or must not
 *   hint  NULL, or a reason why this unknown word is refused
 */
struct expression_grammar {
    size_t n_operators;
    const struct expression_operator *operators;
    enum status (*next)(struct source *source);
    enum status (*leaf)(struct source *source, bool wants_boolean);
    const char *(*hint)(const struct source *source);
};

/* Appends `(assert` B `)` from B on to lib->assertions; the current token is
 * the first of B, afterwards the one behind `)`. */
enum status expression_read_assertion(struct source *source,
                                      const struct expression_grammar *grammar);

/* Appends one node at the current token without operands. */
void expression_add_leaf(struct source *source, enum vnnlib_kind kind,
                         uint32_t extent, uint32_t element);

#endif
