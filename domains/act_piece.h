/* Pieces of an interval on which a function bends one way. */
#ifndef ASTROLABE_DOMAINS_ACT_PIECE_H
#define ASTROLABE_DOMAINS_ACT_PIECE_H

#include "src/net/activation.h"

#include <stddef.h>

/*
 * [a, b], on which the function is convex, concave, or `value` in the inside
 * (steps: an end may belong to a neighbour).
 */
enum piece_kind { PIECE_CONVEX, PIECE_CONCAVE, PIECE_CONSTANT };
struct act_piece {
    enum piece_kind kind;
    double a;
    double b;
    double value;
};

enum { ACT_MOST_PIECES = 8 };

/*
 * Covers [l, u], l <= u finite; of the steps of floor, those between whose
 * values f(z) - s z is extreme for any s. Returns 0 if the function has no
 * value somewhere in [l, u], or bends too often (sin and cos).
 */
size_t act_pieces(struct act_piece pieces[ACT_MOST_PIECES],
                  enum activation activation, double l, double u);

#endif
