/* Matrix products with a constant: Gemm and MatMul. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/build_rows.h"
#include "src/net/exact.h"
#include "src/net/operators.h"

/* Attributes and sizes of one Gemm: [m, k] times [k, n]. */
struct gemm {
    double alpha;
    double beta;
    int64_t is_transposed_a;
    int64_t is_transposed_b;
    size_t m;
    size_t k;
    size_t n;
};

static enum status read_gemm(struct gemm *gemm, struct import *import)
{
    enum status status = STATUS_OK;
    const struct shape *a = NULL;
    const struct shape *b = NULL;
    STATUS_TRY(import_arity(import, import->opset >= 11 ? 2 : 3, 3, 1));
    STATUS_TRY(import_float(import, "alpha", &gemm->alpha));
    STATUS_TRY(import_float(import, "beta", &gemm->beta));
    STATUS_TRY(import_int(import, "transA", &gemm->is_transposed_a));
    STATUS_TRY(import_int(import, "transB", &gemm->is_transposed_b));
    import_ignore(import, import->opset < 7 ? "broadcast" : "");
    STATUS_TRY(import_check_types(import, 0, 3));
    a = &import_input(import, 0)->shape;
    b = &import_input(import, 1)->shape;
    if (a->n_dims != 2 || b->n_dims != 2) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "factors of rank %zu and %zu, expected 2",
                             a->n_dims, b->n_dims);
    }
    gemm->m = a->dims[gemm->is_transposed_a != 0 ? 1 : 0];
    gemm->k = a->dims[gemm->is_transposed_a != 0 ? 0 : 1];
    gemm->n = b->dims[gemm->is_transposed_b != 0 ? 0 : 1];
    if (b->dims[gemm->is_transposed_b != 0 ? 1 : 0] != gemm->k) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "inner dimensions %zu and %zu differ", gemm->k,
                             b->dims[gemm->is_transposed_b != 0 ? 1 : 0]);
    }
cleanup:
    return status;
}

/* Fills the matrix and the steps through the computed factor. */
static void set_gemm_product(struct linear_product *product,
                             const struct gemm *gemm, const struct tensor *a,
                             const struct tensor *b)
{
    const bool is_a_moved = gemm->is_transposed_a != 0;
    const bool is_b_moved = gemm->is_transposed_b != 0;
    product->is_left = a->is_constant;
    product->n_i = gemm->m;
    product->n_j = gemm->n;
    if (a->is_constant) {
        constant_to_matrix(
            &product->matrix, &a->constant, a->shape.dims[0], a->shape.dims[1],
            is_a_moved ? CONSTANT_TRANSPOSED : CONSTANT_AS_STORED);
        product->step = is_b_moved ? gemm->k : 1;
        product->stride = is_b_moved ? 1 : gemm->n;
    } else {
        constant_to_matrix(
            &product->matrix, &b->constant, b->shape.dims[0], b->shape.dims[1],
            is_b_moved ? CONSTANT_AS_STORED : CONSTANT_TRANSPOSED);
        product->step = is_a_moved ? 1 : gemm->k;
        product->stride = is_a_moved ? gemm->m : 1;
    }
}

/* C as bias (constant) or as second argument. */
static void set_gemm_addend(struct linear *linear, const struct tensor *output,
                            const struct tensor *c)
{
    uint32_t *map = shape_broadcast_map(&output->shape, &c->shape);
    if (!c->is_constant) {
        linear->slots[1] = (struct linear_slot){map, NULL, 1.0};
        return;
    }
    double *values = import_reals(c);
    linear->bias = values;
    if (map != NULL) {
        NEW_ARRAY(linear->bias, output->n);
        for (size_t i = 0; i < output->n; i++) {
            linear->bias[i] = values[map[i]];
        }
        alloc_free(values);
    }
    alloc_free(map);
}

static enum status check_addend(struct import *import, const struct shape *out,
                                const struct tensor *c)
{
    struct shape both = {0};
    if (c != NULL && (!shape_broadcast(&both, out, &c->shape) ||
                      !shape_is_same(&both, out))) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "C does not broadcast to %zu x %zu", out->dims[0],
                             out->dims[1]);
    }
    return STATUS_OK;
}

/* One constant factor, and no factors alpha and beta: a single node. */
static enum status import_simple_gemm(struct import *import,
                                      const struct gemm *gemm,
                                      const struct shape *shape, int type)
{
    const struct tensor *a = import_input(import, 0);
    const struct tensor *b = import_input(import, 1);
    const struct tensor *c = import_input(import, 2);
    const struct tensor *args[2] = {a->is_constant ? b : a, c};
    const size_t n_args = c == NULL || c->is_constant ? 1 : 2;
    struct tensor *output = NULL;
    IMPORT_TRY(import_output(import, 0, type, shape, &output));
    struct node *node = import_node(import, NODE_LINEAR, output, args, n_args);
    node->linear.form = LINEAR_PRODUCT;
    NEW_ARRAY(node->linear.slots, n_args);
    set_gemm_product(&node->linear.product, gemm, a, b);
    if (c != NULL) {
        set_gemm_addend(&node->linear, output, c);
    }
    return STATUS_OK;
}

/* alpha * A * B + beta * C as a sum of products and its multiples. */
static enum status import_any_gemm(struct import *import,
                                   const struct gemm *gemm,
                                   const struct shape *shape, int type)
{
    const bool is_a_moved = gemm->is_transposed_a != 0;
    const bool is_b_moved = gemm->is_transposed_b != 0;
    const struct product product = {
        .n_batches = 1,
        .m = gemm->m,
        .k = gemm->k,
        .n = gemm->n,
        .step_a = {is_a_moved ? 1 : gemm->k, is_a_moved ? gemm->m : 1},
        .step_b = {is_b_moved ? 1 : gemm->n, is_b_moved ? gemm->k : 1}};
    const struct tensor *c = import_input(import, 2);
    const struct tensor *y =
        build_matmul(import, shape, import_input(import, 0),
                     import_input(import, 1), &product);
    if (y == NULL) {
        return import_refuse(import, STATUS_UNSUPPORTED, "too many products");
    }
    if (!is_equal(gemm->alpha, 1.0)) {
        y = build_affine(import, y, gemm->alpha, 0.0);
    }
    if (c != NULL && is_equal(gemm->beta, 1.0)) {
        y = build_sum(import, y, 1.0, c, 1.0);
    } else if (c != NULL) {
        y = build_sum(import, y, 1.0, build_affine(import, c, gemm->beta, 0.0),
                      1.0);
    }
    return build_arithmetic(import, type, y);
}

enum status op_import_gemm(struct import *import)
{
    struct gemm gemm = {.alpha = 1.0, .beta = 1.0};
    struct shape shape = {.n_dims = 2};
    IMPORT_TRY(read_gemm(&gemm, import));
    const struct tensor *a = import_input(import, 0);
    const struct tensor *b = import_input(import, 1);
    const struct tensor *c = import_input(import, 2);
    shape.dims[0] = gemm.m;
    shape.dims[1] = gemm.n;
    IMPORT_TRY(check_addend(import, &shape, c));
    const bool is_simple =
        a->is_constant != b->is_constant && is_equal(gemm.alpha, 1.0) &&
        is_equal(gemm.beta, 1.0) && constant_is_real_type(a->type);
    const int type = a->type == MODEL_DOUBLE || b->type == MODEL_DOUBLE
                         ? MODEL_DOUBLE
                         : a->type;
    return is_simple ? import_simple_gemm(import, &gemm, &shape, type)
                     : import_any_gemm(import, &gemm, &shape, type);
}

/* A factor of MatMul as a stack of matrices; vectors get a dimension 1. */
struct factor {
    struct shape lead; /* all but the last two dimensions */
    size_t n_rows;
    size_t n_cols;
    bool is_vector;
};

static struct factor left_factor(const struct shape *shape)
{
    struct factor factor = {.lead = *shape};
    factor.is_vector = shape->n_dims == 1;
    factor.lead.n_dims = factor.is_vector ? 0 : shape->n_dims - 2;
    factor.n_rows = factor.is_vector ? 1 : shape->dims[shape->n_dims - 2];
    factor.n_cols = shape->dims[shape->n_dims - 1];
    return factor;
}

static struct factor right_factor(const struct shape *shape)
{
    struct factor factor = left_factor(shape);
    if (factor.is_vector) {
        factor.n_rows = factor.n_cols;
        factor.n_cols = 1;
    }
    return factor;
}

static enum status matmul_shape(struct shape *shape, struct import *import,
                                const struct factor *a, const struct factor *b)
{
    if (a->n_cols != b->n_rows) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "inner dimensions %zu and %zu differ", a->n_cols,
                             b->n_rows);
    }
    if (!shape_broadcast(shape, &a->lead, &b->lead)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "leading dimensions do not broadcast");
    }
    if (!a->is_vector) {
        shape->dims[shape->n_dims++] = a->n_rows;
    }
    if (!b->is_vector) {
        shape->dims[shape->n_dims++] = b->n_cols;
    }
    return STATUS_OK;
}

static void set_matmul_product(struct linear_product *product,
                               const struct factor *a, const struct factor *b,
                               const struct tensor *constant,
                               const struct tensor *computed)
{
    const size_t inner = a->n_cols;
    product->n_j = b->n_cols;
    if (product->is_left) {
        constant_to_matrix(&product->matrix, &constant->constant, a->n_rows,
                           inner, CONSTANT_AS_STORED);
        product->n_i = a->n_rows;
        product->batch_step = inner * b->n_cols;
        product->step = 1;
        product->stride = b->n_cols;
    } else {
        constant_to_matrix(&product->matrix, &constant->constant, inner,
                           b->n_cols, CONSTANT_TRANSPOSED);
        product->n_i = computed->n / inner;
        product->step = inner;
        product->stride = 1;
    }
}

/* A single constant matrix: one node. */
static enum status import_simple_matmul(struct import *import,
                                        const struct factor *left,
                                        const struct factor *right,
                                        const struct shape *shape, int type)
{
    const struct tensor *a = import_input(import, 0);
    const struct tensor *b = import_input(import, 1);
    const struct tensor *computed = a->is_constant ? b : a;
    struct tensor *output = NULL;
    IMPORT_TRY(import_output(import, 0, type, shape, &output));
    struct node *node = import_node(import, NODE_LINEAR, output, &computed, 1);
    node->linear.form = LINEAR_PRODUCT;
    node->linear.product.is_left = a->is_constant;
    set_matmul_product(&node->linear.product, left, right,
                       a->is_constant ? a : b, computed);
    return STATUS_OK;
}

/* The product of two tensors of matrices; NULL after an error. */
const struct tensor *build_matrices(struct import *import,
                                    const struct tensor *a,
                                    const struct tensor *b)
{
    struct shape shape = {0};
    struct shape lead = {0};
    if (a->shape.n_dims == 0 || b->shape.n_dims == 0) {
        (void)import_refuse(import, STATUS_BAD_INPUT, "factor of rank 0");
        return NULL;
    }
    const struct factor left = left_factor(&a->shape);
    const struct factor right = right_factor(&b->shape);
    if (matmul_shape(&shape, import, &left, &right) != STATUS_OK) {
        return NULL;
    }
    (void)shape_broadcast(&lead, &left.lead, &right.lead);
    uint32_t *batch_a = shape_broadcast_map(&lead, &left.lead);
    uint32_t *batch_b = shape_broadcast_map(&lead, &right.lead);
    const struct product product = {.n_batches = shape_count(&lead),
                                    .batch_a = batch_a,
                                    .batch_b = batch_b,
                                    .m = left.n_rows,
                                    .k = left.n_cols,
                                    .n = right.n_cols,
                                    .step_a = {left.n_cols, 1},
                                    .step_b = {right.n_cols, 1}};
    const struct tensor *y = build_matmul(import, &shape, a, b, &product);
    alloc_free(batch_a);
    alloc_free(batch_b);
    if (y == NULL) {
        (void)import_refuse(import, STATUS_UNSUPPORTED, "too many products");
    }
    return y;
}

enum status op_import_matmul(struct import *import)
{
    struct shape shape = {0};
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    IMPORT_TRY(import_check_types(import, 0, 2));
    const struct tensor *a = import_input(import, 0);
    const struct tensor *b = import_input(import, 1);
    if (a->shape.n_dims == 0 || b->shape.n_dims == 0) {
        return import_refuse(import, STATUS_BAD_INPUT, "factor of rank 0");
    }
    const struct factor left = left_factor(&a->shape);
    const struct factor right = right_factor(&b->shape);
    IMPORT_TRY(matmul_shape(&shape, import, &left, &right));
    const int type = a->type == MODEL_DOUBLE || b->type == MODEL_DOUBLE
                         ? MODEL_DOUBLE
                         : a->type;
    if (a->is_constant != b->is_constant && constant_is_real_type(type) &&
        shape_count(a->is_constant ? &left.lead : &right.lead) == 1) {
        return import_simple_matmul(import, &left, &right, &shape, type);
    }
    const struct tensor *y = build_matrices(import, a, b);
    return y == NULL ? STATUS_UNSUPPORTED : build_arithmetic(import, type, y);
}
