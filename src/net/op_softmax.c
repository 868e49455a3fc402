/* Softmax by differences, which no shift of its input changes. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/operators.h"

/* The elements that belong together: x[(o * n + k) * n_inner + i] for k < n.
 */
struct axis {
    size_t n;
    size_t n_inner;
};

static enum status read_axis(struct axis *axis, struct import *import,
                             const struct shape *shape)
{
    const bool is_one_axis = import->opset >= 13;
    const int64_t rank = (int64_t)shape->n_dims;
    int64_t number = is_one_axis ? -1 : 1;
    IMPORT_TRY(import_int(import, "axis", &number));
    if (number < -rank || number >= rank) {
        return import_refuse(import, STATUS_BAD_INPUT, "axis out of range");
    }
    const size_t first = (size_t)(number < 0 ? number + rank : number);
    const size_t end = is_one_axis ? first + 1 : shape->n_dims;
    axis->n = shape_product(shape, first, end);
    axis->n_inner = shape_product(shape, end, shape->n_dims);
    return STATUS_OK;
}

/* For each element i of x the others of its axis in order: their numbers, and
 * i each time. */
static void pair_up(uint32_t *other, uint32_t *own, const struct axis *axis,
                    size_t n_elements)
{
    size_t at = 0;
    for (size_t i = 0; i < n_elements; i++) {
        const size_t place = i / axis->n_inner % axis->n;
        const size_t first = i - place * axis->n_inner;
        for (size_t k = 0; k < axis->n; k++) {
            if (k != place) {
                other[at] = (uint32_t)(first + k * axis->n_inner);
                own[at] = (uint32_t)i;
                at++;
            }
        }
    }
}

static struct matrix row_of_ones(size_t n)
{
    struct matrix matrix = {.n_rows = 1, .n_cols = n};
    NEW_ALIGNED(matrix.dense, n);
    for (size_t i = 0; i < n; i++) {
        matrix.dense[i] = 1.0;
    }
    return matrix;
}

/* 1 + sum over j != i of exp(x_j - x_i), and which of them have one axis. */
static enum status sum_powers(const struct tensor **sum,
                              struct layer_shares *axis_of,
                              struct import *import)
{
    struct axis axis = {0};
    uint32_t *other = NULL;
    uint32_t *own = NULL;
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_check_real(import));
    const struct tensor *x = import_input(import, 0);
    IMPORT_TRY(read_axis(&axis, import, &x->shape));
    if (axis.n < 2) {
        *sum = build_affine(import, x, 0.0, 1.0);
        return STATUS_OK;
    }
    *axis_of = (struct layer_shares){axis.n, axis.n_inner};
    const size_t n_others = axis.n - 1;
    if (x->n > SHAPE_ELEMENTS / n_others) {
        return import_refuse(import, STATUS_UNSUPPORTED, "too many pairs");
    }
    const struct shape shape = {.n_dims = 2, .dims = {x->n, n_others}};
    NEW_ARRAY(other, x->n * n_others);
    NEW_ARRAY(own, x->n * n_others);
    pair_up(other, own, &axis, x->n);
    const struct tensor *others = build_map(import, &shape, &x, 1, other);
    const struct tensor *owns = build_map(import, &shape, &x, 1, own);
    const struct tensor *power = build_function(
        import, ACTIVATION_EXP, build_sum(import, others, 1.0, owns, -1.0));
    struct matrix ones = row_of_ones(n_others);
    *sum = build_affine(import, build_matrix(import, &x->shape, power, &ones),
                        1.0, 1.0);
    return STATUS_OK;
}

/* y_i = 1 / (1 + sum over j != i of exp(x_j - x_i)) */
enum status op_import_softmax(struct import *import)
{
    const struct tensor *sum = NULL;
    struct layer_shares shares = {0};
    IMPORT_TRY(sum_powers(&sum, &shares, import));
    return build_output(import, 0, import_input(import, 0)->type,
                        build_shares(import, sum, shares));
}

/* y_i = -log(1 + sum over j != i of exp(x_j - x_i)) */
enum status op_import_log_softmax(struct import *import)
{
    const struct tensor *sum = NULL;
    struct layer_shares shares = {0};
    IMPORT_TRY(sum_powers(&sum, &shares, import));
    const struct tensor *log = build_function(import, ACTIVATION_LOG, sum);
    return build_output(import, 0, import_input(import, 0)->type,
                        build_affine(import, log, -1.0, 0.0));
}
