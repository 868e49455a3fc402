/* The columns are fixed; a file with another first line is refused. */
#include "src/app/bench_rows.h"

#include "src/app/csv.h"
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char HEADER[] =
    "benchmark,onnx,vnnlib,verdict,expected,wall_seconds,cpu_seconds,"
    "max_rss_kb,boxes,stars,lps,certified,rejected,bytes,leaves,"
    "bytes_per_leaf,check_seconds,raw_bytes,minimize_seconds,reason\n";
enum column {
    COLUMN_BENCHMARK,
    COLUMN_ONNX,
    COLUMN_VNNLIB,
    COLUMN_VERDICT,
    COLUMN_EXPECTED,
    COLUMN_WALL,
    COLUMN_CPU,
    COLUMN_RSS,
    COLUMN_BOXES,
    COLUMN_STARS,
    COLUMN_LPS,
    COLUMN_CERTIFIED,
    COLUMN_REJECTED,
    COLUMN_BYTES,
    COLUMN_LEAVES,
    COLUMN_BYTES_PER_LEAF,
    COLUMN_CHECK,
    COLUMN_RAW_BYTES,
    COLUMN_MINIMIZE,
    COLUMN_REASON
};

static enum status refuse_errno(const struct bench_rows *rows,
                                struct error *error)
{
    error_set_place(error, rows->path, 0, 0);
    error_set(error, "cannot write: %s", strerror(errno));
    return STATUS_IO;
}

/* Cuts an unfinished last line; a new file gets the header. */
static enum status repair(const struct bench_rows *rows, struct error *error)
{
    struct bytes bytes = {0};
    const enum status status =
        reader_load(&bytes, rows->path, (size_t)1 << 28, error);
    if (status != STATUS_OK) {
        return status;
    }
    size_t n = bytes.n;
    while (n > 0 && bytes.data[n - 1] != '\n') {
        n--;
    }
    const bool is_cut =
        n == bytes.n || ftruncate(rows->descriptor, (off_t)n) == 0;
    const bool is_ours =
        n == 0 || strncmp(bytes.data, HEADER, sizeof HEADER - 1) == 0;
    bytes_clear(&bytes);
    if (!is_ours) {
        error_set_place(error, rows->path, 1, 0);
        error_set(error, "expected the columns of a results file");
        return STATUS_BAD_INPUT;
    }
    if (!is_cut ||
        (n == 0 && write(rows->descriptor, HEADER, sizeof HEADER - 1) < 0)) {
        return refuse_errno(rows, error);
    }
    return STATUS_OK;
}

static uint64_t number(const struct csv *csv, size_t row, enum column column)
{
    return strtoull(csv_field(csv, row, column), NULL, 10);
}

static void fill(struct bench_outcome *outcome, const struct csv *csv,
                 size_t row)
{
    outcome->verdict = bench_word(csv_field(csv, row, COLUMN_VERDICT));
    if (!bench_read_seconds(&outcome->wall_s,
                            csv_field(csv, row, COLUMN_WALL)) ||
        !bench_read_seconds(&outcome->cpu_s, csv_field(csv, row, COLUMN_CPU)) ||
        !bench_read_seconds(&outcome->check_s,
                            csv_field(csv, row, COLUMN_CHECK)) ||
        !bench_read_seconds(&outcome->minimize_s,
                            csv_field(csv, row, COLUMN_MINIMIZE))) {
        outcome->verdict = NULL; /* a damaged row: run it again */
    }
    outcome->max_rss_kb = number(csv, row, COLUMN_RSS);
    outcome->boxes = number(csv, row, COLUMN_BOXES);
    outcome->stars = number(csv, row, COLUMN_STARS);
    outcome->lps = number(csv, row, COLUMN_LPS);
    outcome->check = number(csv, row, COLUMN_CERTIFIED) > 0  ? BENCH_CERTIFIED
                     : number(csv, row, COLUMN_REJECTED) > 0 ? BENCH_REJECTED
                                                             : BENCH_UNCHECKED;
    outcome->proof_bytes = number(csv, row, COLUMN_BYTES);
    outcome->proof_leaves = number(csv, row, COLUMN_LEAVES);
    outcome->raw_bytes = number(csv, row, COLUMN_RAW_BYTES);
    (void)snprintf(outcome->reason, sizeof outcome->reason, "%s",
                   csv_field(csv, row, COLUMN_REASON));
}

/* Gives the row to the first instance of its names that has none. */
static void hand_out(struct bench_list *list, const struct csv *csv, size_t row)
{
    if (strcmp(csv_field(csv, row, COLUMN_BENCHMARK), list->benchmark) != 0) {
        return;
    }
    for (size_t i = 0; i < list->instances.n; i++) {
        struct bench_instance *instance = &list->instances.data[i];
        if (instance->outcome.verdict == NULL &&
            strcmp(csv_field(csv, row, COLUMN_ONNX), instance->onnx) == 0 &&
            strcmp(csv_field(csv, row, COLUMN_VNNLIB), instance->vnnlib) == 0) {
            fill(&instance->outcome, csv, row);
            return;
        }
    }
}

static void put_row(struct writer *writer, const struct csv *csv, size_t row)
{
    for (size_t i = 0; i <= COLUMN_REASON; i++) {
        char *field = csv_quote(csv_field(csv, row, i));
        writer_print(writer, "%s%s", field, i == COLUMN_REASON ? "\n" : ",");
        alloc_free(field);
    }
}

/* Rewrites the file without the rows of this benchmark. */
static enum status drop(const char *path, const struct csv *csv,
                        const char *benchmark, struct error *error)
{
    struct writer *writer = NULL;
    const enum status status = writer_open(&writer, path, error);
    if (status != STATUS_OK) {
        return status;
    }
    writer_print(writer, "%s", HEADER);
    for (size_t row = 1; row < csv->rows.n; row++) {
        if (strcmp(csv_field(csv, row, COLUMN_BENCHMARK), benchmark) != 0) {
            put_row(writer, csv, row);
        }
    }
    return writer_commit(writer, error);
}

static enum status open_end(struct bench_rows *rows, struct error *error)
{
    rows->descriptor =
        open(rows->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    return rows->descriptor < 0 ? refuse_errno(rows, error) : STATUS_OK;
}

/* Takes the rows over, or for a fresh run drops them. */
static enum status take_rows(struct bench_rows *rows, struct bench_list *list,
                             const struct csv *csv, bool is_fresh,
                             struct error *error)
{
    if (!is_fresh) {
        for (size_t row = 1; row < csv->rows.n; row++) {
            hand_out(list, csv, row);
        }
        return STATUS_OK;
    }
    const enum status status = drop(rows->path, csv, list->benchmark, error);
    (void)close(rows->descriptor);
    rows->descriptor = -1;
    return status == STATUS_OK ? open_end(rows, error) : status;
}

enum status bench_rows_open(struct bench_rows *rows, const char *path,
                            struct bench_list *list, bool is_fresh,
                            struct error *error)
{
    enum status status = STATUS_OK;
    struct csv csv = {0};
    *rows = (struct bench_rows){.path = alloc_string(path, strlen(path)),
                                .descriptor = -1};
    STATUS_TRY(open_end(rows, error));
    STATUS_TRY(repair(rows, error));
    STATUS_TRY(csv_load(&csv, path, error));
    STATUS_TRY(take_rows(rows, list, &csv, is_fresh, error));
cleanup:
    csv_clear(&csv);
    return status;
}

enum status bench_rows_add(const struct bench_rows *rows, const char *benchmark,
                           const struct bench_instance *instance,
                           struct error *error)
{
    const struct bench_outcome *outcome = &instance->outcome;
    char *onnx = csv_quote(instance->onnx);
    char *vnnlib = csv_quote(instance->vnnlib);
    char *name = csv_quote(benchmark);
    char *reason = csv_quote(outcome->reason);
    char *line = NULL;
    const size_t size = strlen(onnx) + strlen(vnnlib) + strlen(name) +
                        strlen(reason) + strlen(instance->expected) + 512;
    NEW_ARRAY(line, size);
    const double n_leaves = (double)outcome->proof_leaves;
    (void)snprintf(
        line, size,
        "%s,%s,%s,%s,%s,%.3f,%.3f,%llu,%llu,%llu,%llu,%d,%d,%llu,%llu,%.3f,"
        "%.3f,%llu,%.3f,%s\n",
        name, onnx, vnnlib, outcome->verdict, instance->expected,
        outcome->wall_s, outcome->cpu_s,
        (unsigned long long)outcome->max_rss_kb,
        (unsigned long long)outcome->boxes, (unsigned long long)outcome->stars,
        (unsigned long long)outcome->lps,
        outcome->check == BENCH_CERTIFIED ? 1 : 0,
        outcome->check == BENCH_REJECTED ? 1 : 0,
        (unsigned long long)outcome->proof_bytes,
        (unsigned long long)outcome->proof_leaves,
        n_leaves > 0.0 ? (double)outcome->proof_bytes / n_leaves : 0.0,
        outcome->check_s, (unsigned long long)outcome->raw_bytes,
        outcome->minimize_s, reason);
    const size_t n = strlen(line);
    const bool is_written = write(rows->descriptor, line, n) == (ssize_t)n &&
                            fsync(rows->descriptor) == 0;
    alloc_free(line);
    alloc_free(reason);
    alloc_free(name);
    alloc_free(vnnlib);
    alloc_free(onnx);
    return is_written ? STATUS_OK : refuse_errno(rows, error);
}

void bench_rows_close(struct bench_rows *rows)
{
    if (rows->descriptor >= 0) {
        (void)close(rows->descriptor);
    }
    alloc_free(rows->path);
    *rows = (struct bench_rows){.descriptor = -1};
}
