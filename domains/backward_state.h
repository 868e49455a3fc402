/* What back-substitution keeps between its steps: for backward*.c only. */
#ifndef ASTROLABE_DOMAINS_BACKWARD_STATE_H
#define ASTROLABE_DOMAINS_BACKWARD_STATE_H

#include "domains/backward.h"
#include "src/num/dense.h"

#include <stdbool.h>

/* Lines of one ReLU layer, padded; live: neurons that are not inactive.
 * row_slope: [BACKWARD_ROWS x stride] lower slopes of each row of the block if
 * has_rows; NULL until a block has such. */
struct relu_lines {
    double *lower_slope;
    double *row_slope;
    bool has_rows;
    double *upper_slope;
    double *upper_intercept;
    uint32_t *live;
    size_t n_live;
};

/*
 * Lines of one layer of another kind, [width] each: lower_slope z +
 * lower_other w + lower_base a + lower_intercept is below, the same with
 * `upper` above, where w and a are what the neuron reads beside z (NULL for
 * kinds that read less); charge is (3) of backward.h; gap, of shares of 1 only,
 * how far the lines are apart.
 */
struct curve_lines {
    double *lower_slope;
    double *lower_other;
    double *lower_base;
    double *lower_intercept;
    double *upper_slope;
    double *upper_other;
    double *upper_base;
    double *upper_intercept;
    double *charge;
    double *gap;
};

/*
 * The columns of a layer that the rows of a block may be non-zero in: all, or
 * those listed. Everything outside is zero, at all times. Seeded by the
 * caller, inactive neurons may have coefficients too.
 */
struct columns {
    bool is_present;
    bool is_full;
    bool is_seeded;
    size_t n;
    uint32_t *list; /* [width] */
    bool *is_listed;
};

/*
 * Values of a layer that are constants: is_still [width]; list and moving:
 * those, and the others. centre and charge are what |q| 1 of them adds to the
 * constant and to the charge of a row. Nothing counts unless is_on; NULL until
 * needed.
 */
struct still {
    bool is_on;
    bool *is_still;
    uint32_t *list;
    size_t n;
    uint32_t *moving;
    size_t n_moving;
    double *centre;
    double *charge;
};

/*
 * coefficient  [BACKWARD_ROWS x stride] of each layer
 * error        e[k] of (2), padded
 * charged      what passing is charged: error, plus (4) if words are
 * reach        [n_layers] |values| added up, as (4) wants them
 * unit         [n_layers][n_terms] 2^-31 max |W|; NULL without words
 * magnitude    m[k]
 * lines        [n_layers], filled for ReLU layers
 * curves       [n_layers], filled for the kinds beside affine and ReLU
 * still        [n_layers]
 * order        [widest layer] scratch
 * every        0, 1, 2, ...: the live list of a layer without lines
 * total        [n_layers] 1 and all magnitudes up to a layer, added up
 * work         of tilings
 */
struct backward {
    const struct weights *weights;
    const struct layers *layers;
    const struct dense_kernels *kernels;
    double **coefficient;
    struct columns *columns;
    double **error;
    double **charged;
    double **magnitude;
    double *reach;
    double **unit;
    struct relu_lines *lines;
    struct curve_lines *curves;
    struct still *still;
    uint32_t *order;
    uint32_t *every;
    struct tiling_work work;
    double gamma;
    double *total;
    size_t n_rows;
    uint64_t madds;
    double constant[BACKWARD_ROWS];
    double charge[BACKWARD_ROWS];
};

/* The lower slopes of ReLU layer k for row r. */
const double *backward_lower_slopes(const struct backward *b, size_t k,
                                    size_t r);

/* The coefficients of a layer, any column of which may be written. */
double *backward_all_columns(struct backward *b, size_t k);

/* Lists one column of a layer as possibly non-zero. */
void backward_list_column(struct backward *b, size_t k, uint32_t j);

/* Room for the lines of a layer that is neither affine nor ReLU. */
void backward_create_curve(struct curve_lines *lines,
                           const struct layer *layer);
void backward_clear_curve(struct curve_lines *lines);

/* Sets the charge of layer k: its error, and (4) of backward.h if words are
 * charged. */
void backward_set_charge(struct backward *b, size_t k);

/* Charges the users of ReLU layer k by these upper ends of its source. */
void backward_set_reach(struct backward *b, size_t k, const double *upper);
void backward_clear_words(struct backward *b);

/* Of a layer of shares of 1: takes the same number from the coefficients of all
 * values of a sum, and adds it to the constant. */
void backward_share(struct backward *b, size_t k);

/* Neuron i of layer k has the lines of what lies in [lower, upper]. */
void backward_set_constant(struct backward *b, size_t k, size_t i, double lower,
                           double upper);

/* Takes constants out of the rows at layer k; false if nothing is left. */
bool backward_drop_still(struct backward *b, size_t k);
/* All values may vary. */
void backward_forget_still(struct backward *b);
void backward_clear_still(struct still *still);

/* Passes a block through such a layer. */
void backward_pass_curve(struct backward *b, size_t k);

#endif
