/* From a family of rules to properties that hold and that do not. */
#include "benchmarks/models/instances.h"

#include "benchmarks/models/decide.h"
#include "benchmarks/models/onnx_out.h"
#include "benchmarks/models/vnnlib_out.h"
#include "src/base/log.h"

#include <stdio.h>

enum { PATH_BYTES = 4096, FILE_BYTES = 64, TIMEOUT_S = 60, SEED = 17 };

struct instances {
    const char *folder;
    struct writer *list;
    struct writer *expected;
    const struct toy *toy;
    size_t n_holds;
    size_t n_fails;
};

/* Sizes chosen from a family; n_sizes: there is none. */
struct choice {
    size_t easy;
    size_t hard;
    size_t violated;
};

static enum status instances_writer(struct writer **writer,
                                    const struct instances *instances,
                                    const char *file, struct error *error)
{
    char path[PATH_BYTES];
    const int n = snprintf(path, sizeof path, "%s/%s", instances->folder, file);
    if (n < 0 || (size_t)n >= sizeof path) {
        error_set(error, "path of more than %d bytes", PATH_BYTES - 1);
        return STATUS_IO;
    }
    return writer_open(writer, path, error);
}

enum status instances_open(struct instances **instances, const char *folder,
                           struct error *error)
{
    enum status status = STATUS_OK;
    struct instances *created;
    NEW(created);
    created->folder = folder;
    STATUS_TRY(
        instances_writer(&created->list, created, "instances.csv", error));
    STATUS_TRY(
        instances_writer(&created->expected, created, "expected.csv", error));
    writer_print(created->expected, "benchmark,onnx,vnnlib,expected\n");
cleanup:
    if (status != STATUS_OK) {
        instances_abandon(created);
        created = NULL;
    }
    *instances = created;
    return status;
}

void instances_abandon(struct instances *instances)
{
    if (instances != NULL) {
        writer_abandon(instances->list);
        writer_abandon(instances->expected);
        alloc_free(instances);
    }
}

enum status instances_close(struct instances *instances, struct error *error)
{
    enum status status = writer_commit(instances->list, error);
    instances->list = NULL;
    if (status == STATUS_OK) {
        status = writer_commit(instances->expected, error);
        instances->expected = NULL;
    }
    instances_abandon(instances);
    return status;
}

enum status instances_add_network(struct instances *instances,
                                  const struct toy *toy, struct error *error)
{
    enum status status = STATUS_OK;
    struct writer *writer = NULL;
    char file[FILE_BYTES];
    instances->toy = toy;
    instances->n_holds = 0;
    instances->n_fails = 0;
    (void)snprintf(file, sizeof file, "%s.onnx", toy->name);
    STATUS_TRY(instances_writer(&writer, instances, file, error));
    onnx_out_model(writer, toy);
    status = writer_commit(writer, error);
cleanup:
    return status;
}

/* Writes the family's rule at size t and its two list lines; nothing if
 * there is no such size. */
static enum status instances_add(struct instances *instances,
                                 const struct family *family, size_t t,
                                 bool holds, struct error *error)
{
    enum status status = STATUS_OK;
    struct writer *writer = NULL;
    struct rule rule;
    char file[FILE_BYTES];
    const char *const name = instances->toy->name;
    if (t >= family->n_sizes) {
        return STATUS_OK;
    }
    const size_t n = holds ? ++instances->n_holds : ++instances->n_fails;
    (void)snprintf(file, sizeof file, "%s_%s_%zu.vnnlib", name,
                   holds ? "holds" : "fails", n);
    family_rule(&rule, family, t);
    STATUS_TRY(instances_writer(&writer, instances, file, error));
    if (family->version == 1) {
        vnnlib_out_v1(writer, &rule);
    } else {
        vnnlib_out_v2(writer, &rule, instances->toy);
    }
    STATUS_TRY(writer_commit(writer, error));
    writer_print(instances->list, "%s.onnx,%s,%d\n", name, file, TIMEOUT_S);
    writer_print(instances->expected, "models,%s.onnx,%s,%s\n", name, file,
                 holds ? "unsat" : "sat");
    log_line(LOG_NOTE, "%s: size %zu of %s", file, t, rule.comment);
cleanup:
    return status;
}

enum status instances_add_rule(struct instances *instances,
                               const struct family *family, bool holds,
                               struct error *error)
{
    return instances_add(instances, family, 0, holds, error);
}

/* The largest t < end that linear bounds prove, by bisection as if a larger
 * size were never easier; n_sizes if size 0 is not proved. */
static size_t instances_proved(const struct toy *toy,
                               const struct family *family, size_t end)
{
    struct rule rule;
    size_t start = 0;
    family_rule(&rule, family, start);
    if (!decide_holds(toy, &rule)) {
        return family->n_sizes;
    }
    while (end - start > 1) {
        const size_t middle = start + (end - start) / 2;
        family_rule(&rule, family, middle);
        if (decide_holds(toy, &rule)) {
            start = middle;
        } else {
            end = middle;
        }
    }
    return start;
}

/* The smallest t at which the search violates the rule by `margin`, by
 * bisection; n_sizes if there is none. */
static size_t instances_violated(const struct toy *toy,
                                 const struct family *family, double margin)
{
    struct rng rng;
    struct rule rule;
    size_t start = 0;
    size_t end = family->n_sizes;
    rng_init(&rng, SEED);
    while (start < end) {
        const size_t middle = start + (end - start) / 2;
        family_rule(&rule, family, middle);
        if (decide_violation(toy, &rule, &rng) >= margin) {
            end = middle;
        } else {
            start = middle + 1;
        }
    }
    return start;
}

static void instances_choose(struct choice *choice, const struct toy *toy,
                             const struct family *family)
{
    const size_t none = family->n_sizes;
    const size_t touched = instances_violated(toy, family, 0.0);
    choice->violated = instances_violated(toy, family, family->margin);
    choice->easy = instances_proved(toy, family, touched);
    const size_t start = choice->easy < none ? choice->easy + 1 : 0;
    const size_t gap = touched < none && touched > start ? touched - start : 0;
    choice->hard = gap > 0 ? start + gap * family->hard_percent / 100 : none;
}

enum status instances_add_family(struct instances *instances,
                                 const struct family *family,
                                 struct error *error)
{
    enum status status = STATUS_OK;
    struct choice choice;
    instances_choose(&choice, instances->toy, family);
    STATUS_TRY(instances_add(instances, family, choice.easy, true, error));
    STATUS_TRY(instances_add(instances, family, choice.hard, true, error));
    status = instances_add(instances, family, choice.violated, false, error);
cleanup:
    return status;
}
