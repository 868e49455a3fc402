/* Elements in files beside the model, and sparse tensors. */
#include "src/base/alloc.h"
#include "src/onnx/model.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t pair[] = {1, 2};

enum { FLOAT32 = 1, INT64 = 7, EXTERNAL = 1 };

static struct ref_model start(void)
{
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", FLOAT32, pair, 2);
    ref_model_output(&model, "y", FLOAT32, pair, 2);
    ref_model_node(&model, "Add", "x,w", "y");
    return model;
}

/* A new folder with a file `inside/data` of four float32 numbers 1, 2, 3, 4, a
 * link `link` to it, a link `folder` to its folder, and a file outside. */
struct place {
    char outer[64];
    char folder[128];
    char model[192];
};

static void place_make(struct place *place)
{
    static const float numbers[] = {1.0F, 2.0F, 3.0F, 4.0F};
    char path[256];
    (void)snprintf(place->outer, sizeof place->outer,
                   "/tmp/astrolabe-external-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place->outer));
    (void)snprintf(place->folder, sizeof place->folder, "%s/model",
                   place->outer);
    ck_assert_int_eq(mkdir(place->folder, 0700), 0);
    (void)snprintf(place->model, sizeof place->model, "%s/net.onnx",
                   place->folder);
    (void)snprintf(path, sizeof path, "%s/outside", place->outer);
    ref_file_save(path, numbers, sizeof numbers);
    (void)snprintf(path, sizeof path, "%s/inside", place->folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/inside/data", place->folder);
    ref_file_save(path, numbers, sizeof numbers);
    (void)snprintf(path, sizeof path, "%s/link", place->folder);
    ck_assert_int_eq(symlink("inside/data", path), 0);
    (void)snprintf(path, sizeof path, "%s/folder", place->folder);
    ck_assert_int_eq(symlink("inside", path), 0);
}

static void place_remove(const struct place *place)
{
    static const char *const names[] = {"model/net.onnx", "model/inside/data",
                                        "model/inside",   "model/link",
                                        "model/folder",   "model",
                                        "outside",        ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[256];
        (void)snprintf(path, sizeof path, "%s/%s", place->outer, names[i]);
        ck_assert_int_eq(remove(path), 0);
    }
}

/* One more key of the open tensor. */
static void add_key(struct ref_bytes *tensor, const char *key,
                    const char *value)
{
    struct ref_bytes entry = {0};
    ref_bytes_text(&entry, 1, key);
    ref_bytes_text(&entry, 2, value);
    ref_bytes_message(tensor, 13, &entry);
}

/* Initializer w of two float32 numbers with the given keys. */
static struct ref_bytes external_tensor(const char *location,
                                        const char *offset, const char *length)
{
    struct ref_bytes tensor = {0};
    ref_bytes_number(&tensor, 1, 1);
    ref_bytes_number(&tensor, 1, 2);
    ref_bytes_number(&tensor, 2, FLOAT32);
    ref_bytes_text(&tensor, 8, "w");
    ref_bytes_number(&tensor, 14, EXTERNAL);
    if (location != NULL) {
        add_key(&tensor, "location", location);
    }
    if (offset != NULL) {
        add_key(&tensor, "offset", offset);
    }
    if (length != NULL) {
        add_key(&tensor, "length", length);
    }
    return tensor;
}

/* Loads the model of the path, whose tensor has these n bytes if that works; no
 * block may stay behind. */
static void check_load(const char *path, enum status status, const char *text,
                       const unsigned char *bytes, size_t n)
{
    struct model *model = NULL;
    struct error error = {0};
    const size_t before = alloc_live_bytes();
    const enum status found = model_load(&model, path, &error);
    ck_assert_msg(found == status, "status %d, message: %s", (int)found,
                  error.message);
    ck_assert_msg(strstr(error.message, text) != NULL, "message: %s",
                  error.message);
    if (status == STATUS_OK) {
        const struct model_tensor *w = &model->initializers[0];
        ck_assert_uint_eq(w->n_raw, n);
        ck_assert_int_eq(memcmp(w->raw, bytes, n), 0);
    }
    model_destroy(model);
    ck_assert_uint_eq(alloc_live_bytes(), before);
}

/* Loads a model with the tensor. */
static void loads(struct ref_bytes *tensor, enum status status,
                  const char *text)
{
    static const unsigned char numbers[] = {0, 0, 0, 64, 0, 0, 64, 64};
    struct place place;
    struct ref_model writer = start();
    place_make(&place);
    ref_bytes_message(&writer.graph, 5, tensor);
    struct ref_bytes file = ref_model_finish(&writer);
    ref_file_save(place.model, file.data, file.n);
    ref_bytes_clear(&file);
    check_load(place.model, status, text, numbers, sizeof numbers);
    place_remove(&place);
}

static void loads_from(const char *location, const char *offset,
                       const char *length, enum status status, const char *text)
{
    struct ref_bytes tensor = external_tensor(location, offset, length);
    loads(&tensor, status, text);
}

START_TEST(elements_come_from_a_file)
{
    loads_from("inside/data", "4", "8", STATUS_OK, "");
}
END_TEST

START_TEST(locations_stay_inside)
{
    static const char *const outside[] = {
        "/etc/passwd",           "../outside", "inside/../../outside",
        "inside/../inside/data", "",           "inside//data",
        "./inside/data",         "..",         "inside\\data"};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        loads_from(outside[i], "4", "8", STATUS_BAD_INPUT, "is not inside");
    }
    loads_from("link", "4", "8", STATUS_BAD_INPUT, "is a link");
    loads_from("folder/data", "4", "8", STATUS_BAD_INPUT, "is a link");
    loads_from("inside", "4", "8", STATUS_BAD_INPUT, "no regular file");
    loads_from("inside/data/more", "4", "8", STATUS_BAD_INPUT, "no folder");
    loads_from("missing", "4", "8", STATUS_IO, "cannot open 'missing'");
}
END_TEST

START_TEST(numbers_stay_inside_the_file)
{
    static const char *const offsets[] = {"17", "-4", "4 ", "",
                                          "18446744073709551620"};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        loads_from("inside/data", offsets[i], "8", STATUS_BAD_INPUT,
                   "beyond file");
    }
    loads_from("inside/data", "4", "13", STATUS_BAD_INPUT, "beyond file");
    loads_from("inside/data", "4", "4", STATUS_BAD_INPUT, "4 bytes of raw");
    loads_from("inside/data", "4", NULL, STATUS_BAD_INPUT, "12 bytes of raw");
}
END_TEST

START_TEST(keys_are_known)
{
    loads_from(NULL, "4", "8", STATUS_BAD_INPUT, "without a location");
    struct ref_bytes tensor = external_tensor("inside/data", "4", "8");
    add_key(&tensor, "offset", "0");
    loads(&tensor, STATUS_UNSUPPORTED, "repeated key 'offset'");
    tensor = external_tensor("inside/data", "4", "8");
    add_key(&tensor, "checksum", "0");
    loads(&tensor, STATUS_UNSUPPORTED, "key 'checksum'");
    tensor = external_tensor("inside/data", "4", "8");
    ref_bytes_block(&tensor, 9, "12345678", 8);
    loads(&tensor, STATUS_BAD_INPUT, "more than one kind");
}
END_TEST

/* Values 2 and 3 as bytes, at the given indices of a tensor [1, 2]. */
static struct ref_bytes sparse_tensor(const int64_t *indices, int64_t rank,
                                      int type, const int64_t *dims)
{
    static const unsigned char numbers[] = {0, 0, 0, 64, 0, 0, 64, 64};
    struct ref_bytes sparse = {0};
    struct ref_bytes values = {0};
    struct ref_bytes places = {0};
    ref_bytes_number(&values, 1, 2);
    ref_bytes_number(&values, 2, FLOAT32);
    ref_bytes_text(&values, 8, "w");
    ref_bytes_block(&values, 9, numbers, sizeof numbers);
    ref_bytes_number(&places, 1, 2);
    if (rank > 0) {
        ref_bytes_number(&places, 1, (uint64_t)rank);
    }
    ref_bytes_number(&places, 2, (uint64_t)type);
    for (int64_t i = 0; i < 2 * (rank > 0 ? rank : 1); i++) {
        ref_bytes_number(&places, type == INT64 ? 7 : 5, (uint64_t)indices[i]);
    }
    ref_bytes_message(&sparse, 1, &values);
    ref_bytes_message(&sparse, 2, &places);
    ref_bytes_number(&sparse, 3, (uint64_t)dims[0]);
    ref_bytes_number(&sparse, 3, (uint64_t)dims[1]);
    return sparse;
}

/* Loads a model with the sparse tensor; the result has n bytes. */
static void loads_sparse(struct ref_bytes *sparse, enum status status,
                         const char *text, const unsigned char *bytes, size_t n)
{
    char path[64];
    struct ref_model writer = start();
    ref_bytes_message(&writer.graph, 15, sparse);
    ref_model_write(path, &writer);
    check_load(path, status, text, bytes, n);
    ref_file_remove(path);
}

START_TEST(sparse_tensors_become_dense)
{
    static const unsigned char dense[] = {0, 0, 0, 0, 0, 0, 0,  64,
                                          0, 0, 0, 0, 0, 0, 64, 64};
    static const int64_t square[] = {2, 2};
    static const int64_t positions[] = {1, 3};
    static const int64_t vectors[] = {0, 1, 1, 1};
    struct ref_bytes sparse = sparse_tensor(positions, 0, INT64, square);
    loads_sparse(&sparse, STATUS_OK, "", dense, sizeof dense);
    sparse = sparse_tensor(vectors, 2, INT64, square);
    loads_sparse(&sparse, STATUS_OK, "", dense, sizeof dense);
}
END_TEST

START_TEST(sparse_tensors_are_checked)
{
    static const int64_t square[] = {2, 2};
    static const int64_t good[] = {1, 3};
    static const int64_t bad[][2] = {{3, 1}, {1, 1}, {1, 4}, {-1, 3}};
    static const int64_t outside[] = {0, 1, 0, 2};
    static const int64_t sizes[][2] = {
        {0, 4}, {-2, -2}, {INT64_C(1) << 20, INT64_C(1) << 20}};
    struct ref_bytes sparse = {0};
    for (size_t i = 0; i < 4; i++) {
        sparse = sparse_tensor(bad[i], 0, INT64, square);
        loads_sparse(&sparse, STATUS_BAD_INPUT, "out of", NULL, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        sparse = sparse_tensor(good, 0, INT64, sizes[i]);
        loads_sparse(&sparse, STATUS_BAD_INPUT, "out of range", NULL, 0);
    }
    sparse = sparse_tensor(outside, 2, INT64, square);
    loads_sparse(&sparse, STATUS_BAD_INPUT, "out of", NULL, 0);
    sparse = sparse_tensor(outside, 1, INT64, square);
    loads_sparse(&sparse, STATUS_BAD_INPUT, "do not fit", NULL, 0);
    sparse = sparse_tensor(good, 0, 6, square);
    loads_sparse(&sparse, STATUS_BAD_INPUT, "do not fit", NULL, 0);
    ref_bytes_number(&sparse, 3, 4);
    loads_sparse(&sparse, STATUS_BAD_INPUT, "without values", NULL, 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("external");
    tcase_add_test(cases, elements_come_from_a_file);
    tcase_add_test(cases, locations_stay_inside);
    tcase_add_test(cases, numbers_stay_inside_the_file);
    tcase_add_test(cases, keys_are_known);
    tcase_add_test(cases, sparse_tensors_become_dense);
    tcase_add_test(cases, sparse_tensors_are_checked);
    return cases;
}
