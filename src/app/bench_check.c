/* Paths of certificates and of the files that the checker reads. */
#include "src/app/bench_check.h"

#include "src/app/network_args.h"
#include "src/base/alloc.h"
#include "src/base/inflate.h"
#include "src/base/reader.h"
#include "src/base/writer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status refuse(const char *path, const char *verb,
                          struct error *error)
{
    error_set_place(error, path, 0, 0);
    error_set(error, "cannot %s: %s", verb, strerror(errno));
    return STATUS_IO;
}

/* The path seen from the root. */
static enum status find_folder(struct bench_check *check, const char *folder,
                               struct error *error)
{
    char here[PATH_MAX] = "";
    if (folder[0] != '/' && getcwd(here, sizeof here) == NULL) {
        return refuse(".", "open", error);
    }
    const size_t size = strlen(here) + strlen(folder) + 2;
    NEW_ARRAY(check->folder, size);
    (void)snprintf(check->folder, size, "%s%s%s", here,
                   folder[0] == '/' ? "" : "/", folder);
    struct stat found = {0};
    if (stat(folder, &found) == 0 && !S_ISDIR(found.st_mode)) {
        errno = ENOTDIR;
        return refuse(folder, "write to", error);
    }
    return access(folder, W_OK | X_OK) == 0 ? STATUS_OK
                                            : refuse(folder, "write to", error);
}

enum status bench_check_find(char **checker, struct error *error)
{
    static const char NAME[] = "astrolabe-check";
    static const char SELF[] = "/proc/self/exe";
    char self[PATH_MAX] = "";
    const ssize_t length = readlink(SELF, self, sizeof self - 1);
    const char *slash = length < 0 ? NULL : strrchr(self, '/');
    if (slash == NULL) {
        return refuse(SELF, "find this program", error);
    }
    const size_t n = (size_t)(slash - self) + 1;
    NEW_ARRAY(*checker, n + sizeof NAME);
    (void)snprintf(*checker, n + sizeof NAME, "%.*s%s", (int)n, self, NAME);
    return access(*checker, X_OK) == 0
               ? STATUS_OK
               : refuse(*checker, "run the checker", error);
}

enum status bench_check_init(struct bench_check *check, const char *folder,
                             bool is_checked, struct error *error)
{
    *check = (struct bench_check){0};
    if (folder == NULL) {
        return STATUS_OK;
    }
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return refuse(folder, "create", error);
    }
    const enum status status = find_folder(check, folder, error);
    return status == STATUS_OK && is_checked
               ? bench_check_find(&check->checker, error)
               : status;
}

void bench_check_clear(struct bench_check *check)
{
    alloc_free(check->folder);
    alloc_free(check->checker);
    *check = (struct bench_check){0};
}

/* Last part of a path without `.gz` and the ending before it. */
static int stem(const char **start, const char *path)
{
    const char *slash = strrchr(path, '/');
    *start = slash == NULL ? path : slash + 1;
    size_t n = strlen(*start);
    if (n > 3 && strcmp(*start + n - 3, ".gz") == 0) {
        n -= 3;
    }
    size_t at = n;
    while (at > 0 && (*start)[at - 1] != '.') {
        at--;
    }
    return (int)(at > 1 ? at - 1 : n);
}

static bool is_same_stem(const char *a, const char *b)
{
    const char *start_a = NULL;
    const char *start_b = NULL;
    const int n = stem(&start_a, a);
    return n == stem(&start_b, b) && strncmp(start_a, start_b, (size_t)n) == 0;
}

char *bench_check_path(const struct bench_check *check,
                       const struct bench_list *list, size_t instance)
{
    if (check->folder == NULL) {
        return NULL;
    }
    const struct bench_instance *one = &list->instances.data[instance];
    const char *network = NULL;
    const char *property = NULL;
    char number[32] = "";
    char *path = NULL;
    const int n_network = stem(&network, one->onnx);
    const int n_property = stem(&property, one->vnnlib);
    for (size_t i = 0; i < instance && number[0] == '\0'; i++) {
        const struct bench_instance *earlier = &list->instances.data[i];
        if (is_same_stem(earlier->onnx, one->onnx) &&
            is_same_stem(earlier->vnnlib, one->vnnlib)) {
            (void)snprintf(number, sizeof number, "__%zu", instance + 1);
        }
    }
    const size_t size = strlen(check->folder) + (size_t)n_network +
                        (size_t)n_property + sizeof number + 16;
    NEW_ARRAY(path, size);
    (void)snprintf(path, size, "%s/%.*s__%.*s%s.dbc", check->folder, n_network,
                   network, n_property, property, number);
    return path;
}

/* True if the path itself can be read and is not packed. */
static bool is_plain(const char *path)
{
    char start[2] = "";
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    const size_t n = fread(start, 1, sizeof start, file);
    (void)fclose(file);
    return !inflate_is_gzip(start, n);
}

/* The path, or that of an unpacked copy. */
static enum status make_plain(char **plain, struct bench_check_files *files,
                              const char *path, struct error *error)
{
    static const char PATTERN[] = "/tmp/astrolabe-bench-XXXXXX";
    struct bytes bytes = {0};
    struct writer *writer = NULL;
    enum status status = STATUS_OK;
    int descriptor = -1;
    if (is_plain(path)) {
        *plain = alloc_string(path, strlen(path));
        return STATUS_OK;
    }
    STATUS_TRY(reader_load(&bytes, path, (size_t)1 << 40, error));
    *plain = alloc_string(PATTERN, sizeof PATTERN - 1);
    descriptor = mkstemp(*plain);
    if (descriptor < 0) {
        status = refuse(*plain, "create", error);
        goto cleanup;
    }
    VEC_PUSH(&files->copies, alloc_string(*plain, strlen(*plain)));
    (void)close(descriptor);
    STATUS_TRY(writer_open(&writer, *plain, error));
    writer_append(writer, bytes.data, bytes.n);
    STATUS_TRY(writer_commit(writer, error));
cleanup:
    bytes_clear(&bytes);
    return status;
}

/* Adds a network, with its name unless that is NULL. */
static enum status add_network(struct bench_check_files *files,
                               const struct astrolabe_network *network,
                               struct error *error)
{
    char *plain = NULL;
    char *argument = NULL;
    const enum status status = make_plain(&plain, files, network->path, error);
    if (status == STATUS_OK && network->name != NULL) {
        const size_t size = strlen(network->name) + strlen(plain) + 2;
        NEW_ARRAY(argument, size);
        (void)snprintf(argument, size, "%s=%s", network->name, plain);
        VEC_PUSH(&files->networks, argument);
    } else if (status == STATUS_OK) {
        VEC_PUSH(&files->networks, alloc_string(plain, strlen(plain)));
    }
    alloc_free(plain);
    return status;
}

enum status bench_check_files_init(struct bench_check_files *files,
                                   const struct bench_instance *instance,
                                   struct error *error)
{
    enum status status = STATUS_OK;
    struct network_args args = {0};
    *files = (struct bench_check_files){0};
    if (instance->onnx[0] == '[') {
        STATUS_TRY(network_args_read_list(&args, instance->onnx, error));
    } else {
        const struct astrolabe_network only = {NULL, instance->onnx};
        VEC_PUSH(&args.networks, only);
    }
    for (size_t i = 0; i < args.networks.n; i++) {
        STATUS_TRY(add_network(files, &args.networks.data[i], error));
    }
    STATUS_TRY(make_plain(&files->property, files, instance->vnnlib, error));
cleanup:
    network_args_clear(&args);
    return status;
}

void bench_check_files_clear(struct bench_check_files *files)
{
    for (size_t i = 0; i < files->copies.n; i++) {
        (void)unlink(files->copies.data[i]);
        alloc_free(files->copies.data[i]);
    }
    for (size_t i = 0; i < files->networks.n; i++) {
        alloc_free(files->networks.data[i]);
    }
    VEC_CLEAR(&files->copies);
    VEC_CLEAR(&files->networks);
    VEC_CLEAR(&files->arguments);
    alloc_free(files->property);
    *files = (struct bench_check_files){0};
}

char **bench_check_arguments(struct bench_check_files *files, char *checker,
                             char *certificate)
{
    static char network[] = "--network";
    static char property[] = "--property";
    files->arguments.n = 0;
    VEC_PUSH(&files->arguments, checker);
    VEC_PUSH(&files->arguments, certificate);
    for (size_t i = 0; i < files->networks.n; i++) {
        VEC_PUSH(&files->arguments, network);
        VEC_PUSH(&files->arguments, files->networks.data[i]);
    }
    VEC_PUSH(&files->arguments, property);
    VEC_PUSH(&files->arguments, files->property);
    VEC_PUSH(&files->arguments, NULL);
    return files->arguments.data;
}
