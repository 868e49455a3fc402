/* instances.csv joined with expected.csv by benchmark and file names. */
#include "src/app/bench_list.h"

#include "src/base/alloc.h"
#include "src/base/options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *join(const char *folder, const char *name)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = NULL;
    NEW_ARRAY(path, size);
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static enum status refuse_folder(const char *folder, struct error *error)
{
    error_set_place(error, folder, 0, 0);
    error_set(error, "cannot open: %s", strerror(errno));
    return STATUS_IO;
}

/* The last part of the folder's full path: goes there and back. */
static enum status find_folder(struct bench_list *list, const char *folder,
                               struct error *error)
{
    char full[PATH_MAX];
    const int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (here < 0) {
        return refuse_folder(".", error);
    }
    const bool is_there =
        chdir(folder) == 0 && getcwd(full, sizeof full) != NULL;
    const enum status status =
        is_there ? STATUS_OK : refuse_folder(folder, error);
    const bool is_back = fchdir(here) == 0;
    (void)close(here);
    if (status != STATUS_OK || !is_back) {
        return is_back ? status : refuse_folder(".", error);
    }
    const char *slash = strrchr(full, '/');
    list->folder = alloc_string(folder, strlen(folder));
    list->benchmark = alloc_string(slash + 1, strlen(slash + 1));
    return STATUS_OK;
}

/* Without a path: the file in the folder, or else the one above it. */
static enum status load_expected(struct bench_list *list, const char *path,
                                 struct error *error)
{
    static const char *const NAMES[] = {"expected.csv", "../expected.csv"};
    if (path != NULL) {
        return csv_load(&list->expected, path, error);
    }
    enum status status = STATUS_OK;
    bool is_found = false;
    for (size_t i = 0; i < 2 && !is_found; i++) {
        char *beside = join(list->folder, NAMES[i]);
        is_found = access(beside, R_OK) == 0;
        if (is_found) {
            status = csv_load(&list->expected, beside, error);
        }
        alloc_free(beside);
    }
    return status;
}

static const char *expected_of(const struct bench_list *list,
                               const struct bench_instance *instance)
{
    const size_t benchmark = csv_column(&list->expected, "benchmark");
    const size_t onnx = csv_column(&list->expected, "onnx");
    const size_t vnnlib = csv_column(&list->expected, "vnnlib");
    const size_t expected = csv_column(&list->expected, "expected");
    for (size_t row = 1; row < list->expected.rows.n; row++) {
        const struct csv *csv = &list->expected;
        if (strcmp(csv_field(csv, row, vnnlib), instance->vnnlib) == 0 &&
            strcmp(csv_field(csv, row, onnx), instance->onnx) == 0 &&
            strcmp(csv_field(csv, row, benchmark), list->benchmark) == 0) {
            return csv_field(csv, row, expected);
        }
    }
    return "";
}

/* The option parser knows what seconds look like. */
bool bench_read_seconds(double *seconds, const char *text)
{
    struct options options;
    struct error ignored = {0};
    options_init(&options);
    const bool is_valid =
        options_set(&options, OPTION_TIMEOUT, text, &ignored) == STATUS_OK;
    *seconds = options.value[OPTION_TIMEOUT].seconds;
    options_clear(&options);
    return is_valid;
}

static bool is_match(const struct bench_instance *instance, const char *match)
{
    return match == NULL || strstr(instance->onnx, match) != NULL ||
           strstr(instance->vnnlib, match) != NULL;
}

static enum status load_instances(struct bench_list *list,
                                  const struct bench_filter *filter,
                                  struct error *error)
{
    char *path = join(list->folder, "instances.csv");
    enum status status = csv_load(&list->rows, path, error);
    const struct csv *csv = &list->rows;
    for (size_t i = 0; status == STATUS_OK && i < csv->rows.n; i++) {
        struct bench_instance instance = {.onnx = csv_field(csv, i, 0),
                                          .vnnlib = csv_field(csv, i, 1)};
        const bool is_row =
            bench_read_seconds(&instance.timeout_s, csv_field(csv, i, 2));
        if (is_row && is_match(&instance, filter->match)) {
            if (instance.timeout_s > filter->cap_s) {
                instance.timeout_s = filter->cap_s;
            }
            instance.expected = expected_of(list, &instance);
            VEC_PUSH(&list->instances, instance);
        } else if (!is_row && i > 0) {
            error_set_place(error, path, csv->rows.data[i].line, 0);
            error_set(error, "expected `onnx,vnnlib,seconds`, found '%s'",
                      csv_field(csv, i, 2));
            status = STATUS_BAD_INPUT;
        }
    }
    alloc_free(path);
    return status;
}

enum status bench_list_load(struct bench_list *list, const char *folder,
                            const char *expected_path,
                            const struct bench_filter *filter,
                            struct error *error)
{
    enum status status = STATUS_OK;
    *list = (struct bench_list){0};
    STATUS_TRY(find_folder(list, folder, error));
    STATUS_TRY(load_expected(list, expected_path, error));
    STATUS_TRY(load_instances(list, filter, error));
cleanup:
    return status;
}

void bench_list_clear(struct bench_list *list)
{
    VEC_CLEAR(&list->instances);
    csv_clear(&list->expected);
    csv_clear(&list->rows);
    alloc_free(list->benchmark);
    alloc_free(list->folder);
    *list = (struct bench_list){0};
}

const char *bench_word(const char *text)
{
    static const char *const WORDS[] = {"sat", "unsat", "unknown", "timed-out",
                                        "error"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (strcmp(text, WORDS[i]) == 0) {
            return WORDS[i];
        }
    }
    return NULL;
}

static bool is_decision(const char *word)
{
    return word != NULL &&
           (strcmp(word, "sat") == 0 || strcmp(word, "unsat") == 0);
}

bool bench_is_solved(const struct bench_instance *instance)
{
    return is_decision(instance->outcome.verdict);
}

bool bench_is_wrong(const struct bench_instance *instance)
{
    return bench_is_solved(instance) && is_decision(instance->expected) &&
           strcmp(instance->outcome.verdict, instance->expected) != 0;
}
