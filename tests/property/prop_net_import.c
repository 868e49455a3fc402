/* Damaged models of all operators: an error or a network, never a crash, and
 * all memory comes back. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/base/reader.h"
#include "src/base/rng.h"
#include "src/base/vec.h"
#include "src/net/net.h"
#include "tests/ref/ref_load.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* Changes up to three bytes, mostly to other small numbers: axes, types and
 * sizes are single bytes. */
static void damage(struct bytes *bytes, struct rng *rng)
{
    const size_t n_changes = 1 + rng_below(rng, 3);
    for (size_t k = 0; k < n_changes; k++) {
        const size_t at = rng_below(rng, bytes->n);
        const size_t kind = rng_below(rng, 4);
        if (kind < 2) {
            bytes->data[at] = (char)rng_below(rng, 12);
        } else if (kind == 2) {
            bytes->data[at] = (char)rng_below(rng, 256);
        } else {
            bytes->data[at]++;
        }
    }
}

static void damage_file(const char *path, size_t n_times, struct rng *rng)
{
    struct bytes file = {0};
    struct error error = {0};
    ck_assert_int_eq(reader_load(&file, path, 1U << 28, &error), STATUS_OK);
    for (size_t i = 0; i < n_times && file.n > 0 && file.n < 100000; i++) {
        struct bytes copy = {.n = file.n};
        NEW_ARRAY(copy.data, file.n);
        memcpy(copy.data, file.data, file.n);
        damage(&copy, rng);
        (void)ref_load_bytes(copy.data, copy.n);
        alloc_free(copy.data);
    }
    bytes_clear(&file);
}

START_TEST(damaged_node_tests_are_refused_or_read)
{
    struct rng rng;
    char root[512];
    const char *shared = test_shared("damaged node tests", "onnx-node-tests");
    if (shared == NULL) {
        return;
    }
    (void)snprintf(root, sizeof root, "%s", shared);
    log_set_level(LOG_ERROR);
    rng_init(&rng, test_seed());
    DIR *dir = opendir(root);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%s/model.onnx", root,
                       entry->d_name);
        if (strncmp(entry->d_name, "test_", 5) == 0) {
            damage_file(path, test_count(4), &rng);
        }
    }
    ck_assert_int_eq(closedir(dir), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("net_import");
    tcase_set_timeout(cases, 240);
    tcase_add_test(cases, damaged_node_tests_are_refused_or_read);
    return cases;
}
