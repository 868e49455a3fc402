/* Small networks. */
#include "tests/mutate/models.h"

#include "src/base/require.h"
#include "tests/ref/ref_deep.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/ref/ref_prove.h"

#include <stdio.h>
#include <string.h>

static const int64_t wide[] = {2, 3};
static const int64_t square[] = {2, 2};
static const int64_t column[] = {3, 1};
static const int64_t row[] = {1, 2};
static const int64_t single[] = {1, 1};

static void write(const char *folder, const char *name, const void *data,
                  size_t n)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    ref_file_save(path, data, n);
}

/* Y is at least the limit somewhere in the box: that is unsafe. */
static void write_property(const char *folder, const char *name, double limit)
{
    char text[512];
    (void)snprintf(text, sizeof text,
                   "(declare-const X_0 Real)\n(declare-const X_1 Real)\n"
                   "(declare-const Y_0 Real)\n"
                   "(assert (>= X_0 -1))\n(assert (<= X_0 1))\n"
                   "(assert (>= X_1 -0.5))\n(assert (<= X_1 1))\n"
                   "(assert (>= Y_0 %.3f))\n",
                   limit);
    write(folder, name, text, strlen(text));
}

static void write_network(const char *folder, const char *name,
                          struct ref_model *model)
{
    ref_model_output(model, "Y", 1, single, 2);
    struct ref_bytes file = ref_model_finish(model);
    write(folder, name, file.data, file.n);
    ref_bytes_clear(&file);
}

/* z = w x + b of three neurons, and a column v for what becomes of them. */
static struct ref_model begin_wide(const double v[3])
{
    static const double w[] = {1.0, -2.0, 0.5, 2.0, 1.0, -1.5};
    static const double b[] = {0.5, -0.25, 1.0};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, row, 2);
    ref_model_floats(&model, "w", wide, 2, w);
    ref_model_floats(&model, "b", column, 1, b);
    ref_model_floats(&model, "v", column, 2, v);
    ref_model_node(&model, "Gemm", "X,w,b", "z");
    return model;
}

/* tanh(v sigmoid(w x + b)); at most 0.9922. */
static void write_curve(const char *folder)
{
    struct ref_model model = begin_wide((const double[]){1.5, -1.0, 2.0});
    ref_model_node(&model, "Sigmoid", "z", "s");
    ref_model_node(&model, "MatMul", "s,v", "h");
    ref_model_node(&model, "Tanh", "h", "Y");
    write_network(folder, "curve.onnx", &model);
    write_property(folder, "curve_holds_1.vnnlib", 0.994);
    write_property(folder, "curve_fails_1.vnnlib", 0.98);
}

/* The sum of sigmoid(a x) * relu(c x); at most 0.9099. */
static void write_product(const char *folder)
{
    static const double a[] = {1.0, 2.0, -1.0, 0.5};
    static const double c[] = {0.5, -1.0, 1.0, 1.0};
    struct ref_model model = {.opset = 12};
    ref_model_input(&model, "X", 1, row, 2);
    ref_model_floats(&model, "a", square, 2, a);
    ref_model_floats(&model, "c", square, 2, c);
    ref_model_node(&model, "MatMul", "X,a", "p");
    ref_model_node(&model, "Sigmoid", "p", "s");
    ref_model_node(&model, "MatMul", "X,c", "q");
    ref_model_node(&model, "Relu", "q", "r");
    ref_model_node(&model, "Mul", "s,r", "m");
    ref_model_node(&model, "ReduceSum", "m", "Y");
    ref_node_ints(&model, "axes", single, 1);
    write_network(folder, "product.onnx", &model);
    write_property(folder, "product_holds_1.vnnlib", 1.0);
    write_property(folder, "product_fails_1.vnnlib", 0.85);
}

/* Softmax(w x + b) v; at most 1.9772. */
static void write_share(const char *folder)
{
    struct ref_model model = begin_wide((const double[]){2.0, 1.0, 1.5});
    ref_model_node(&model, "Softmax", "z", "s");
    ref_model_node(&model, "MatMul", "s,v", "Y");
    write_network(folder, "share.onnx", &model);
    write_property(folder, "share_holds_1.vnnlib", 1.98);
    write_property(folder, "share_fails_1.vnnlib", 1.95);
}

/* Of random weights; the property fails at a corner. */
static void write_deep(const char *folder, const char *kind,
                       const struct ref_prove_aim *aim)
{
    /* Those that searches with a fault take little time for. */
    static const uint64_t seeds[] = {2, 5, 12, 13};
    for (size_t k = 0; k < sizeof seeds / sizeof *seeds; k++) {
        struct rng rng;
        char name[32];
        char text[REF_PROVE_TEXT];
        rng_init(&rng, seeds[k]);
        struct ref_bytes model = ref_deep_model(&rng);
        REQUIRE(ref_prove_property(text, &model, aim, &rng));
        (void)snprintf(name, sizeof name, "%s%zu.onnx", kind, k);
        write(folder, name, model.data, model.n);
        (void)snprintf(name, sizeof name, "%s%zu_fails_1.vnnlib", kind, k);
        write(folder, name, text, strlen(text));
        ref_bytes_clear(&model);
    }
}

static void write_all_deep(const char *folder)
{
    struct ref_prove_aim aim = {.n_varying = REF_DEEP_VARYING,
                                .n_inputs = REF_DEEP_INPUTS,
                                .radius = 0.5,
                                .gaps = {{-0.001, -0.001}}};
    /* Y is less than the limit, near the least of its values. */
    write_deep(folder, "deep", &aim);
    aim.spacing = 0x1p-9;
    write_deep(folder, "joined", &aim);
}

void models_write(const char *folder)
{
    write_all_deep(folder);
    write_curve(folder);
    write_product(folder);
    write_share(folder);
}
