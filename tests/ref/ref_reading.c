/* What the checker reads in a model, beside what the verifier reads. */
#include "tests/ref/ref_reading.h"

#include "src/base/log.h"
#include "src/net/net.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

struct ref_model ref_reading_start(int64_t opset, const int64_t *dims, size_t n)
{
    struct ref_model model = {.opset = opset};
    ref_model_input(&model, "x", 1, dims, n);
    ref_model_output(&model, "y", 1, dims, 0);
    if (n == 1) {
        const double shift = -3.5;
        ref_model_floats(&model, "shift", dims, 0, &shift);
        ref_model_node(&model, "Add", "x,shift", "s");
    }
    return model;
}

mpq_t *ref_reading_new_values(const struct check_network *network)
{
    mpq_t *v = check_alloc(network->n_coordinates, sizeof *v);
    for (size_t z = 0; z < network->n_coordinates; z++) {
        mpq_init(v[z]);
        mpq_set_ui(v[z], z < network->n_inputs ? z + 1 : 0, 1);
    }
    return v;
}

void ref_reading_free_values(mpq_t *v, const struct check_network *network)
{
    for (size_t z = 0; z < network->n_coordinates; z++) {
        mpq_clear(v[z]);
    }
    check_free(v);
}

void ref_reading_compare_dumps(const struct check_network *network,
                               const char *path)
{
    char *texts[2] = {NULL, NULL};
    size_t n = 0;
    struct net *net = NULL;
    struct layers *layers = NULL;
    struct error error = {0};
    log_set_level(LOG_ERROR); /* the declared shape is left open */
    ck_assert_msg(net_load(&net, path, &error) == STATUS_OK, "%s",
                  error.message);
    ck_assert_msg(net_lower(&layers, net, &error) == STATUS_OK, "%s",
                  error.message);
    for (int i = 0; i < 2; i++) {
        FILE *file = open_memstream(&texts[i], &n);
        ck_assert_ptr_nonnull(file);
        if (i == 0) {
            check_network_dump(file, network);
        } else {
            net_dump(file, net, layers);
        }
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_str_eq(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
    layers_destroy(layers);
    net_destroy(net);
}

/* y at x = 1, 2, ... */
static void print_values(FILE *file, const struct check_network *network)
{
    mpq_t *v = ref_reading_new_values(network);
    if (network->is_curved) {
        mpq_t *upper = ref_reading_new_values(network);
        ck_assert(check_network_enclose(v, upper, network, 128));
        ref_reading_free_values(upper, network);
    } else {
        check_network_eval(v, network);
    }
    for (size_t j = 0; j < network->n_outputs; j++) {
        char *value = mpq_get_str(NULL, 10, v[network->output[j]]);
        (void)fprintf(file, "%s%s", j == 0 ? "" : " ", value);
        free(value);
    }
    ref_reading_free_values(v, network);
}

void ref_reading_computes(const struct check_network *network,
                          const char *expected)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(file);
    print_values(file, network);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(text, expected);
    free(text);
}

void ref_reading_gives(struct ref_model *model, const char *expected)
{
    char path[64];
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(file);
    ref_model_write(path, model);
    struct check_network *network = check_network_load(path);
    print_values(file, network);
    (void)fputs(" :", file);
    for (size_t r = 0; r < network->n_relus; r++) {
        (void)fprintf(file, " %zu", network->layers[network->relu[r]].width);
    }
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(text, expected);
    ref_reading_compare_dumps(network, path);
    free(text);
    check_network_free(network);
    ref_file_remove(path);
}

void ref_reading_refuses(struct ref_model *model)
{
    char path[64];
    ref_model_write(path, model);
    (void)check_network_load(path);
}

void ref_reading_agrees(struct ref_model *model)
{
    char path[64];
    ref_model_write(path, model);
    struct check_network *network = check_network_load(path);
    ref_reading_compare_dumps(network, path);
    check_network_free(network);
    ref_file_remove(path);
}
