/* Loading networks, of models and of any bytes. */
#include "tests/ref/ref_load.h"

#include "src/base/alloc.h"
#include "tests/suite.h"

enum { MOST_INPUTS = 100000 };

struct net *ref_load_model(struct ref_model *model)
{
    char path[64];
    struct net *net = NULL;
    struct error error = {0};
    ref_model_write(path, model);
    ck_assert_msg(net_load(&net, path, &error) == STATUS_OK, "%s",
                  error.message);
    ref_file_remove(path);
    return net;
}

enum status ref_load_bytes(const void *data, size_t n)
{
    char path[64];
    struct net *net = NULL;
    struct layers *layers = NULL;
    struct error error = {0};
    double *x = NULL;
    double *y = NULL;
    ref_file_write(path, data, n);
    const size_t before = alloc_live_bytes();
    const enum status status = net_load(&net, path, &error);
    ref_file_remove(path);
    ck_assert(status == STATUS_OK || error.message[0] != '\0');
    if (status == STATUS_OK && net_n_inputs(net) < MOST_INPUTS) {
        NEW_ARRAY(x, net_n_inputs(net));
        NEW_ARRAY(y, net_n_outputs(net));
        ck_assert_int_eq(net_eval_f32(y, net, x, &error), STATUS_OK);
        ck_assert_int_eq(net_eval_f64(y, net, x, &error), STATUS_OK);
        (void)net_lower(&layers, net, &error);
    }
    alloc_free(x);
    alloc_free(y);
    layers_destroy(layers);
    net_destroy(net);
    ck_assert_uint_eq(alloc_live_bytes(), before);
    return status;
}
