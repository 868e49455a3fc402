/* What replaying keeps between its steps: for replay*.c only. */
#ifndef ASTROLABE_SOLVER_REPLAY_STATE_H
#define ASTROLABE_SOLVER_REPLAY_STATE_H

#include "domains/backward.h"
#include "domains/bounds.h"
#include "domains/domain.h"
#include "domains/forward.h"
#include "domains/weights.h"
#include "solver/replay.h"
#include "solver/spec.h"
#include "src/base/vec.h"

/* A value that neurons read: v_layer[element]. */
struct replay_value {
    size_t layer;
    size_t element;
};

/* A literal of the path: z <= level, or z >= level if is_upper. */
struct replay_literal {
    struct replay_value z;
    bool is_upper;
    double level;
};

struct replay_slope {
    uint32_t relu;
    uint32_t element;
    double slope;
};

/*
 * The context of a node on the path.
 *   units    [2 * n_inputs] ends of the box in 2^-box_bits, lower first
 *   bounds   of the layers that feed ReLUs, and of the inputs
 *   n_literals, n_slopes  of the trail that hold at the node
 */
struct replay_level {
    int64_t *units;
    struct bounds bounds;
    size_t n_literals;
    size_t n_slopes;
    bool is_possible;
};

/*
 * relu      [n_relus] the layers of neurons, in the certificate's order
 * levels    the path, levels[depth] the node in work; kept for reuse
 * is_stale  per layer: its lines are not those of the node in work
 * copied    what copies_of_inputs returns: these values have the ends of inputs
 * n_neurons  of all layers in the bounds, inputs included
 * n_renewed  layers whose bounds at the root are known by intervals
 * has_forms  `forward` is at the node in work
 * has_slopes  the lines that are not stale were made with the slopes
 */
struct replay {
    const struct query *query;
    const struct layers *layers;
    unsigned box_bits;
    unsigned fact_bits;
    struct weights *weights;
    struct backward *backward;
    struct domain *box;
    struct forward *forward;
    struct spec spec;
    size_t n_relus;
    size_t n_neurons;
    size_t *relu;
    uint32_t **copied;
    VEC(struct replay_level) levels;
    size_t depth;
    VEC(struct replay_literal) literals;
    VEC(struct replay_slope) slopes;
    bool *is_stale;
    size_t n_renewed;
    bool has_slopes;
    bool has_forms;
    uint32_t *neurons; /* [widest layer] */
    double spent;      /* multiply-adds before load */
};

/* Boxes and facts beyond so many units do not fit. */
#define REPLAY_MOST_UNITS 0x1p62

/* The node in work. */
struct replay_level *replay_here(struct replay *replay);

/* Layers that are not affine and read layer k need new lines. */
void replay_set_stale(struct replay *replay, size_t k);

/* Sets the ends of input i from their units; those of its copies as well. */
void replay_set_input(struct replay *replay, struct replay_level *level,
                      size_t i);
void replay_move_input(struct replay *replay, struct replay_level *level,
                       size_t i);

/* A literal of a value that is input i narrows the box, rounded outward. */
void replay_narrow_input(struct replay *replay, struct replay_level *level,
                         const struct replay_literal *literal, size_t i);

/* Puts the values of layer `source` that lines of a layer of neurons could gain
 * by into neurons, after forms of what ReLUs read; returns their number. */
size_t replay_find_open(struct replay *replay, size_t source,
                        const struct layer *reader);

/* Threshold of an input split in units. */
int64_t replay_threshold(const struct replay *replay,
                         const struct oracle_split *split,
                         const struct replay_level *level);

/* At the root of a network with other neurons than ReLUs: narrows the layers
 * before layer `end` to what intervals tell, as the checker does. */
void replay_renew(struct replay *replay, size_t end);

/* Makes the lines of all layers before layer `end`. */
void replay_set_lines(struct replay *replay, size_t end, bool use_slopes);

/* Adds factor times an atom, or the literal's expression that is <= 0, to a
 * row of the block just begun. */
void replay_seed_atom(struct replay *replay, size_t row, size_t atom,
                      double factor);
void replay_seed_literal(struct replay *replay, size_t row, size_t distance,
                         double factor);

/* The same for all terms of a sum. */
void replay_seed_sum(struct replay *replay, size_t row,
                     const struct oracle_sum *sum);

/* The oracle's functions of the same names. */
struct oracle_layer replay_layer_of(void *context, uint32_t relu);
double replay_end(void *context, size_t neuron, bool is_upper);
void replay_closing_needs(void *context, uint8_t *needs,
                          const struct oracle_sum *sum);
void replay_lemma_needs(void *context, uint8_t *needs,
                        const struct oracle_lemma *lemma, bool is_refresh);

/* The oracle's `choose`. */
size_t replay_choose(void *context, struct oracle_term *terms, size_t size,
                     uint32_t disjunct);

#endif
