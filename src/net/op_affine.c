/* Matrix products with a constant: Gemm and MatMul. */
#include "src/base/alloc.h"
#include "src/net/exact.h"
#include "src/net/operators.h"

/* Type of a result of two real tensors; float64 if either is. */
static enum status result_type(int *type, struct import *import,
                               const struct tensor *a, const struct tensor *b)
{
    if (!constant_is_real_type(a->type) || !constant_is_real_type(b->type)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "element types other than float32 and float64");
    }
    *type = a->type == MODEL_DOUBLE || b->type == MODEL_DOUBLE ? MODEL_DOUBLE
                                                               : MODEL_FLOAT;
    return STATUS_OK;
}

/* Multiplies values by a factor; false if a product was rounded. */
static bool scale_values(double *values, size_t n, double factor)
{
    bool is_exact = true;
    if (is_equal(factor, 1.0)) {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        is_exact = is_exact && is_exact_product(values[i], factor);
        values[i] *= factor;
    }
    return is_exact;
}

static bool scale_matrix(struct matrix *matrix, double factor)
{
    return matrix->dense != NULL
               ? scale_values(matrix->dense, matrix->n_rows * matrix->n_cols,
                              factor)
               : scale_values(matrix->value, matrix->start[matrix->n_rows],
                              factor);
}

/* Exactly one of the two factors must be constant. */
static enum status check_factors(struct import *import, const struct tensor *a,
                                 const struct tensor *b)
{
    if (a->is_constant == b->is_constant) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             a->is_constant
                                 ? "product of two constants"
                                 : "product of two computed tensors");
    }
    return STATUS_OK;
}

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

/* beta * C as bias (constant) or as second argument. */
static void set_gemm_addend(struct linear *linear, const struct tensor *output,
                            const struct tensor *c, double beta)
{
    uint32_t *map = shape_broadcast_map(&output->shape, &c->shape);
    if (!c->is_constant) {
        linear->slots[1] = (struct linear_slot){map, NULL, beta};
        return;
    }
    double *values = import_reals(c);
    if (!scale_values(values, c->n, beta)) {
        linear->approximate = "beta * C is not exact";
    }
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

enum status op_import_gemm(struct import *import)
{
    enum status status = STATUS_OK;
    struct gemm gemm = {.alpha = 1.0, .beta = 1.0};
    const struct tensor *a = NULL;
    const struct tensor *b = NULL;
    const struct tensor *c = NULL;
    struct tensor *output = NULL;
    struct node *node = NULL;
    const struct tensor *args[2] = {NULL, NULL};
    struct shape shape = {.n_dims = 2};
    int type = MODEL_FLOAT;
    size_t n_args = 1;
    STATUS_TRY(read_gemm(&gemm, import));
    a = import_input(import, 0);
    b = import_input(import, 1);
    c = import_input(import, 2);
    STATUS_TRY(check_factors(import, a, b));
    STATUS_TRY(result_type(&type, import, a, b));
    shape.dims[0] = gemm.m;
    shape.dims[1] = gemm.n;
    STATUS_TRY(check_addend(import, &shape, c));
    if (c != NULL) {
        int other = 0;
        STATUS_TRY(result_type(&other, import, c, a));
        type = other == MODEL_DOUBLE ? other : type;
        n_args = c->is_constant ? 1 : 2;
        args[1] = c;
    }
    args[0] = a->is_constant ? b : a;
    STATUS_TRY(import_output(import, 0, type, &shape, &output));
    node = import_node(import, NODE_LINEAR, output, args, n_args);
    node->linear.form = LINEAR_PRODUCT;
    NEW_ARRAY(node->linear.slots, n_args);
    set_gemm_product(&node->linear.product, &gemm, a, b);
    if (!scale_matrix(&node->linear.product.matrix, gemm.alpha)) {
        node->linear.approximate = "alpha * A * B is not exact";
    }
    if (c != NULL) {
        set_gemm_addend(&node->linear, output, c, gemm.beta);
    }
cleanup:
    return status;
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

enum status op_import_matmul(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *a = NULL;
    const struct tensor *b = NULL;
    const struct tensor *computed = NULL;
    struct tensor *output = NULL;
    struct node *node = NULL;
    struct factor left = {0};
    struct factor right = {0};
    struct shape shape = {0};
    int type = MODEL_FLOAT;
    STATUS_TRY(import_arity(import, 2, 2, 1));
    a = import_input(import, 0);
    b = import_input(import, 1);
    STATUS_TRY(check_factors(import, a, b));
    STATUS_TRY(result_type(&type, import, a, b));
    if (a->shape.n_dims == 0 || b->shape.n_dims == 0) {
        return import_refuse(import, STATUS_BAD_INPUT, "factor of rank 0");
    }
    left = left_factor(&a->shape);
    right = right_factor(&b->shape);
    STATUS_TRY(matmul_shape(&shape, import, &left, &right));
    if (shape_count(a->is_constant ? &left.lead : &right.lead) != 1) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "stack of constant matrices");
    }
    computed = a->is_constant ? b : a;
    STATUS_TRY(import_output(import, 0, type, &shape, &output));
    node = import_node(import, NODE_LINEAR, output, &computed, 1);
    node->linear.form = LINEAR_PRODUCT;
    node->linear.product.is_left = a->is_constant;
    set_matmul_product(&node->linear.product, &left, &right,
                       a->is_constant ? a : b, computed);
cleanup:
    return status;
}
