/* One-hot vectors, scattered updates, and other orders of elements. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/operators.h"

#include <string.h>

/* Most updates of one element. */
enum { ROUNDS = 12 };

/* values = [off, on]: off + (on - off) * (1 - |sign(index - place)|), indices
 * below 0 counting from the end. */
enum status op_import_one_hot(struct import *import)
{
    int64_t depth = 0;
    int64_t wanted = -1;
    size_t axis = 0;
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    IMPORT_TRY(import_int(import, "axis", &wanted));
    IMPORT_TRY(import_whole_input(import, 1, &depth));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *values = import_input(import, 2);
    const size_t rank = x->shape.n_dims + 1;
    if (!shape_axis(&axis, wanted, rank) || rank > SHAPE_RANK ||
        values->n != 2 || depth < 1 || depth > SHAPE_ELEMENTS ||
        x->n > SHAPE_ELEMENTS / (size_t)depth) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "axis, depth or values out of range");
    }
    struct shape shape = {.n_dims = rank};
    for (size_t d = 0; d < rank; d++) {
        shape.dims[d] = d == axis ? 1 : x->shape.dims[d < axis ? d : d - 1];
    }
    const struct shape places = {1, {(size_t)depth}};
    struct shape along = {.n_dims = rank};
    double *numbers = NULL;
    NEW_ARRAY(numbers, places.dims[0]);
    for (size_t i = 0; i < places.dims[0]; i++) {
        numbers[i] = (double)i;
    }
    for (size_t d = 0; d < rank; d++) {
        along.dims[d] = d == axis ? places.dims[0] : 1;
    }
    const struct tensor *place = build_constant(import, &along, numbers);
    const struct tensor *index = build_map(import, &shape, &x, 1, NULL);
    if (constant_is_real_type(x->type)) {
        index = build_truncated(import, index);
    }
    const struct tensor *negative =
        build_is_positive(import, build_affine(import, index, -1.0, 0.0));
    index = build_sum(import, index, 1.0, negative, (double)depth);
    const struct tensor *other =
        build_is_nonzero(import, build_sum(import, index, 1.0, place, -1.0));
    uint32_t *of_off = NULL;
    uint32_t *of_on = NULL;
    NEW_ARRAY(of_off, 1);
    NEW_ARRAY(of_on, 1);
    of_on[0] = 1;
    const struct shape none = {0};
    const struct tensor *off = build_map(import, &none, &values, 1, of_off);
    const struct tensor *on = build_map(import, &none, &values, 1, of_on);
    return build_output(import, 0, values->type,
                        build_choice(import, other, off, on));
}

/* Row-major number of the slice that an index vector names; false if outside.
 */
static bool find_slice(size_t *slice, const struct tensor *indices, size_t i,
                       size_t depth, const size_t *dims)
{
    *slice = 0;
    for (size_t d = 0; d < depth; d++) {
        int64_t index = 0;
        size_t at = 0;
        constant_read_integers(&index, &indices->constant, i * depth + d, 1);
        if (!shape_axis(&at, index, dims[d])) {
            return false;
        }
        *slice = *slice * dims[d] + at;
    }
    return true;
}

/* Constant indices, and updates of the type of the data. */
static enum status check_updates(struct import *import)
{
    const struct tensor *indices = import_input(import, 1);
    if (!indices->is_constant || !constant_is_integer_type(indices->type)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "indices are not constant integers");
    }
    return import_input(import, 0)->type == import_input(import, 2)->type
               ? STATUS_OK
               : import_refuse(import, STATUS_BAD_INPUT,
                               "inputs of different element types");
}

/* Where an element of the data goes: element `to` takes update `from`. */
struct move {
    uint32_t to;
    uint32_t from;
};

struct moves {
    size_t n;
    struct move *list;
};

enum reduction {
    REDUCTION_NONE,
    REDUCTION_ADD,
    REDUCTION_MUL,
    REDUCTION_MAX,
    REDUCTION_MIN
};

static enum status read_reduction(enum reduction *reduction,
                                  struct import *import)
{
    static const char *const names[] = {"none", "add", "mul", "max", "min"};
    const char *given = "none";
    IMPORT_TRY(import_string(import, "reduction", &given));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(given, names[i]) == 0) {
            *reduction = (enum reduction)i;
            return STATUS_OK;
        }
    }
    return import_refuse(import, STATUS_BAD_INPUT, "reduction = %s", given);
}

/* Old and new values of as many elements, combined. */
static const struct tensor *combine(struct import *import,
                                    enum reduction reduction,
                                    const struct tensor *a,
                                    const struct tensor *b)
{
    if (reduction == REDUCTION_NONE) {
        return b;
    }
    if (reduction == REDUCTION_ADD) {
        return build_sum(import, a, 1.0, b, 1.0);
    }
    if (reduction == REDUCTION_MUL) {
        return build_product(import, a, b);
    }
    const struct tensor *const args[2] = {a, b};
    struct sets sets = {.is_least = reduction == REDUCTION_MIN};
    NEW_ARRAY(sets.start, a->n + 1);
    NEW_ARRAY(sets.element, 2 * a->n);
    for (size_t i = 0; i < a->n; i++) {
        sets.start[i + 1] = 2 * (i + 1);
        sets.element[2 * i] = (uint32_t)i;
        sets.element[2 * i + 1] = (uint32_t)(a->n + i);
    }
    return build_extreme(import, NODE_EXTREME, &a->shape, args, 2, sets);
}

/* Takes the moves whose place has no other in this round, in order; the rest
 * stay in the list. rounds[to]: the last round that changed the place. */
static size_t take_round(struct move *taken, struct moves *moves,
                         uint32_t *rounds, uint32_t round)
{
    size_t n_taken = 0;
    size_t n_left = 0;
    for (size_t i = 0; i < moves->n; i++) {
        const struct move move = moves->list[i];
        if (rounds[move.to] == round) {
            moves->list[n_left++] = move;
        } else {
            rounds[move.to] = round;
            taken[n_taken++] = move;
        }
    }
    moves->n = n_left;
    return n_taken;
}

/* The data after one round of moves. */
static const struct tensor *scatter_round(struct import *import,
                                          enum reduction reduction,
                                          const struct tensor *data,
                                          const struct move *moves, size_t n)
{
    const struct tensor *updates = import_input(import, 2);
    const struct shape shape = {1, {n}};
    uint32_t *before = NULL;
    uint32_t *from = NULL;
    uint32_t *map = NULL;
    NEW_ARRAY(before, n);
    NEW_ARRAY(from, n);
    NEW_ARRAY(map, data->n);
    for (size_t i = 0; i < data->n; i++) {
        map[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < n; i++) {
        before[i] = moves[i].to;
        from[i] = moves[i].from;
        map[moves[i].to] = (uint32_t)(data->n + i);
    }
    const struct tensor *changed =
        combine(import, reduction, build_map(import, &shape, &data, 1, before),
                build_map(import, &shape, &updates, 1, from));
    const struct tensor *const args[2] = {data, changed};
    return build_map(import, &data->shape, args, 2, map);
}

/* Output 0: the data after all moves, which are taken over. Places changed
 * twice without a reduction have no defined value. */
static enum status scatter(struct import *import, struct moves *moves)
{
    enum status status = STATUS_OK;
    enum reduction reduction = REDUCTION_NONE;
    const struct tensor *data = import_input(import, 0);
    const struct tensor *y = data;
    uint32_t *rounds = NULL;
    struct move *taken = NULL;
    STATUS_TRY(read_reduction(&reduction, import));
    NEW_ARRAY(rounds, data->n);
    NEW_ARRAY(taken, moves->n);
    for (uint32_t round = 1; moves->n > 0; round++) {
        const size_t n = take_round(taken, moves, rounds, round);
        if (moves->n > 0 && (reduction == REDUCTION_NONE || round == ROUNDS)) {
            status = import_refuse(import, STATUS_UNSUPPORTED,
                                   "an element is updated more than %d times",
                                   reduction == REDUCTION_NONE ? 1 : ROUNDS);
            goto cleanup;
        }
        y = scatter_round(import, reduction, y, taken, n);
    }
    STATUS_TRY(reduction == REDUCTION_NONE
                   ? build_output(import, 0, data->type, y)
                   : build_arithmetic(import, data->type, y));
cleanup:
    alloc_free(rounds);
    alloc_free(taken);
    alloc_free(moves->list);
    return status;
}

enum status op_import_scatter_nd(struct import *import)
{
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    IMPORT_TRY(check_updates(import));
    const struct tensor *data = import_input(import, 0);
    const struct tensor *indices = import_input(import, 1);
    const struct tensor *updates = import_input(import, 2);
    const size_t rank = indices->shape.n_dims;
    const size_t depth = rank > 0 ? indices->shape.dims[rank - 1] : SIZE_MAX;
    if (depth == 0 || depth > data->shape.n_dims) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "indices do not fit the data");
    }
    const size_t n_slices = indices->n / depth;
    const size_t width = shape_product(&data->shape, depth, data->shape.n_dims);
    if (updates->n != n_slices * width) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "updates do not fit the data");
    }
    struct moves moves = {0};
    NEW_ARRAY(moves.list, updates->n);
    for (size_t i = 0; i < n_slices; i++) {
        size_t slice = 0;
        if (!find_slice(&slice, indices, i, depth, data->shape.dims)) {
            alloc_free(moves.list);
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "an index is out of range");
        }
        for (size_t k = 0; k < width; k++) {
            moves.list[moves.n++] = (struct move){(uint32_t)(slice * width + k),
                                                  (uint32_t)(i * width + k)};
        }
    }
    return scatter(import, &moves);
}

/* Place in the data that element i of the indices names along the axis; false
 * if it is outside. */
static bool find_place(size_t *to, const struct tensor *indices, size_t i,
                       const struct shape *data, size_t axis)
{
    size_t step = 1;
    size_t rest = i;
    *to = 0;
    for (size_t d = data->n_dims; d-- > 0;) {
        size_t at = rest % indices->shape.dims[d];
        rest /= indices->shape.dims[d];
        if (d == axis) {
            int64_t index = 0;
            constant_read_integers(&index, &indices->constant, i, 1);
            if (!shape_axis(&at, index, data->dims[d])) {
                return false;
            }
        }
        if (at >= data->dims[d]) {
            return false;
        }
        *to += at * step;
        step *= data->dims[d];
    }
    return true;
}

enum status op_import_scatter_elements(struct import *import)
{
    int64_t wanted = 0;
    size_t axis = 0;
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    IMPORT_TRY(import_int(import, "axis", &wanted));
    IMPORT_TRY(check_updates(import));
    const struct tensor *data = import_input(import, 0);
    const struct tensor *indices = import_input(import, 1);
    const struct tensor *updates = import_input(import, 2);
    if (!shape_is_same(&indices->shape, &updates->shape) ||
        indices->shape.n_dims != data->shape.n_dims ||
        !shape_axis(&axis, wanted, data->shape.n_dims)) {
        return import_refuse(import, STATUS_UNSUPPORTED, "indices do not fit");
    }
    struct moves moves = {0};
    NEW_ARRAY(moves.list, indices->n);
    for (size_t i = 0; i < indices->n; i++) {
        size_t to = 0;
        if (!find_place(&to, indices, i, &data->shape, axis)) {
            alloc_free(moves.list);
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "an index is out of range");
        }
        moves.list[moves.n++] = (struct move){(uint32_t)to, (uint32_t)i};
    }
    return scatter(import, &moves);
}

/* y[b, i] = the slice of batch b of the data that index vector (b, i) names. */
enum status op_import_gather_nd(struct import *import)
{
    int64_t n_batch_dims = 0;
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    if (import->opset >= 12) {
        IMPORT_TRY(import_int(import, "batch_dims", &n_batch_dims));
    }
    const struct tensor *data = import_input(import, 0);
    const struct tensor *indices = import_input(import, 1);
    const size_t rank = indices->shape.n_dims;
    const size_t n_shared = (size_t)n_batch_dims;
    if (!indices->is_constant || !constant_is_integer_type(indices->type)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "indices are not constant integers");
    }
    if (n_batch_dims < 0 || rank == 0 || n_shared >= rank ||
        n_shared >= data->shape.n_dims || data->n == 0 || indices->n == 0 ||
        indices->shape.dims[rank - 1] > data->shape.n_dims - n_shared) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "indices do not fit the data");
    }
    const size_t depth = indices->shape.dims[rank - 1];
    const size_t first = n_shared + depth;
    struct shape shape = {.n_dims = rank - 1 + data->shape.n_dims - first};
    bool is_fit = shape.n_dims <= SHAPE_RANK;
    for (size_t d = 0; is_fit && d < shape.n_dims; d++) {
        shape.dims[d] = d < rank - 1 ? indices->shape.dims[d]
                                     : data->shape.dims[first + d - rank + 1];
        is_fit = d >= n_shared || shape.dims[d] == data->shape.dims[d];
    }
    if (!is_fit || shape_count(&shape) > SHAPE_ELEMENTS) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "output of too many elements or dimensions");
    }
    const size_t width = shape_product(&data->shape, first, data->shape.n_dims);
    const size_t n_slices = indices->n / depth;
    const size_t n_batches = shape_product(&data->shape, 0, n_shared);
    uint32_t *map = NULL;
    NEW_ARRAY(map, n_slices * width);
    for (size_t i = 0; i < n_slices; i++) {
        const size_t batch = i / (n_slices / n_batches);
        size_t slice = 0;
        if (!find_slice(&slice, indices, i, depth,
                        data->shape.dims + n_shared)) {
            alloc_free(map);
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "an index is out of range");
        }
        for (size_t k = 0; k < width; k++) {
            map[i * width + k] =
                (uint32_t)(batch * (data->n / n_batches) + slice * width + k);
        }
    }
    return import_map_one(import, 0, &shape, data, map);
}

/* Keeps the triangle of the last two axes on one side of diagonal k. */
enum status op_import_trilu(struct import *import)
{
    int64_t is_upper = 1;
    int64_t k = 0;
    IMPORT_TRY(import_arity(import, 1, 2, 1));
    IMPORT_TRY(import_int(import, "upper", &is_upper));
    IMPORT_TRY(import_whole_input(import, 1, &k));
    const struct tensor *x = import_input(import, 0);
    const size_t rank = x->shape.n_dims;
    if (rank < 2) {
        return import_refuse(import, STATUS_BAD_INPUT, "rank %zu", rank);
    }
    const struct tensor *const args[2] = {x, build_number(import, 0.0)};
    const size_t n_columns = x->shape.dims[rank - 1];
    const size_t n_rows = x->shape.dims[rank - 2];
    uint32_t *map = NULL;
    NEW_ARRAY(map, x->n);
    for (size_t i = 0; i < x->n; i++) {
        const int64_t row = (int64_t)(i / n_columns % n_rows);
        const int64_t column = (int64_t)(i % n_columns);
        const bool is_kept =
            is_upper != 0 ? column >= row + k : column <= row + k;
        map[i] = (uint32_t)(is_kept ? i : x->n);
    }
    return build_output(import, 0, x->type,
                        build_map(import, &x->shape, args, 2, map));
}
