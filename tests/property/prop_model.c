/* Damaged ONNX files: an error or a network, never a crash or a leak. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/base/rng.h"
#include "src/net/net.h"
#include "tests/ref/ref_load.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

/* A network with lists, typed and raw data, and several operators. */
static struct ref_bytes small_model(void)
{
    static const int64_t image[] = {1, 2, 4, 4};
    static const int64_t weights[] = {2, 2, 2, 2};
    static const int64_t shape[] = {1, -1};
    static const int64_t flat[] = {3, 18};
    static const int64_t pads[] = {0, 1, 0, 0};
    static const int64_t strides[] = {1, 1};
    double values[54];
    struct ref_model model = {.opset = 13};
    for (size_t i = 0; i < 54; i++) {
        values[i] = (double)i / 8.0 - 3.0;
    }
    ref_model_input(&model, "x", 1, image, 4);
    ref_model_output(&model, "y", 1, flat, 2);
    ref_model_floats(&model, "w", weights, 4, values);
    ref_model_floats(&model, "v", flat, 2, values);
    ref_model_floats(&model, "b", flat, 1, values);
    ref_model_integers(&model, "shape", shape, 2);
    ref_model_node(&model, "Conv", "x,w", "c");
    ref_node_ints(&model, "pads", pads, 4);
    ref_node_ints(&model, "strides", strides, 2);
    ref_node_text(&model, "auto_pad", "VALID");
    ref_model_node(&model, "Relu", "c", "r");
    ref_model_node(&model, "Reshape", "r,shape", "f");
    ref_model_node(&model, "Gemm", "f,v,b", "y");
    ref_node_int(&model, "transB", 1);
    ref_node_float(&model, "alpha", 0.5F);
    return ref_model_finish(&model);
}

/* Changes, removes or doubles up to three stretches. */
static void damage(struct ref_bytes *bytes, struct rng *rng)
{
    const size_t n_changes = 1 + rng_below(rng, 3);
    for (size_t k = 0; k < n_changes && bytes->n > 8; k++) {
        const size_t at = rng_below(rng, bytes->n);
        const size_t n = 1 + rng_below(rng, bytes->n - at > 8 ? 8 : 1);
        const size_t kind = rng_below(rng, 4);
        if (kind == 0) {
            memmove(bytes->data + at, bytes->data + at + n, bytes->n - at - n);
            bytes->n -= n;
        } else if (kind == 1) {
            bytes->data[at] = (unsigned char)rng_below(rng, 256);
        } else if (kind == 2) {
            bytes->data[at] ^= (unsigned char)(1U << rng_below(rng, 8));
        } else {
            bytes->data[at]++;
        }
    }
}

START_TEST(damaged_files_are_refused_or_read)
{
    struct rng rng;
    struct ref_bytes whole = small_model();
    size_t n_read = 0;
    log_set_level(LOG_ERROR);
    rng_init(&rng, test_seed());
    ck_assert_int_eq(ref_load_bytes(whole.data, whole.n), STATUS_OK);
    const size_t n = test_count(3000);
    for (size_t i = 0; i < n; i++) {
        struct ref_bytes copy = {0};
        ref_bytes_append(&copy, whole.data, whole.n);
        damage(&copy, &rng);
        n_read += ref_load_bytes(copy.data, copy.n) == STATUS_OK ? 1 : 0;
        ref_bytes_clear(&copy);
    }
    ck_assert_uint_ge(n_read, 1);
    ck_assert_uint_le(n_read, n - 1);
    ref_bytes_clear(&whole);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("model_damage");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, damaged_files_are_refused_or_read);
    return cases;
}
