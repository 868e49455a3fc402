/* Whole property files: malformed ones, conformance, the competition's. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/base/reader.h"
#include "tests/suite.h"
#include "vnnlib/diagnostics.h"
#include "vnnlib/vnnlib.h"

#include <check.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 512, LINE_BYTES = 1024 };
#define MANY_BYTES ((size_t)1 << 26)

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text);
    const size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The rest of the line behind `; expect: `. */
static void read_expected(char expected[LINE_BYTES], bool *is_strict,
                          const char *path)
{
    static const char mark[] = "; expect: ";
    struct bytes text = {0};
    struct error error = {0};
    ck_assert_int_eq(reader_load(&text, path, MANY_BYTES, &error), STATUS_OK);
    ck_assert_msg(strncmp(text.data, mark, strlen(mark)) == 0,
                  "%s does not start with '%s'", path, mark);
    const char *start = text.data + strlen(mark);
    const size_t n = strcspn(start, "\n");
    ck_assert_uint_lt(n, LINE_BYTES);
    memcpy(expected, start, n);
    expected[n] = '\0';
    *is_strict = strncmp(start + n, "\n; strict\n", 10) == 0;
    bytes_clear(&text);
}

/* Each file tells its own refusal: `line:column: message`, as a start. */
START_TEST(every_malformed_file_is_refused_as_it_says)
{
    static const char folder[] = "tests/parse/vnnlib";
    size_t n_files = 0;
    DIR *directory = opendir(folder);
    ck_assert_ptr_nonnull(directory);
    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        char path[PATH_BYTES];
        char expected[LINE_BYTES];
        char found[LINE_BYTES + PATH_BYTES];
        bool is_strict = false;
        struct error error = {0};
        if (!ends_with(entry->d_name, ".vnnlib")) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        read_expected(expected, &is_strict, path);
        ck_assert_msg(vnnlib_check(path, is_strict, &error) == STATUS_BAD_INPUT,
                      "%s is accepted", path);
        error_format(found, sizeof found, &error);
        const char *place = found + strlen(path) + 1;
        ck_assert_msg(strncmp(place, expected, strlen(expected)) == 0,
                      "%s: expected '%s', found '%s'", path, expected, found);
        if (is_strict) {
            ck_assert_msg(vnnlib_check(path, false, &error) == STATUS_OK,
                          "%s: %s", path, error.message);
        }
        n_files++;
    }
    ck_assert_int_eq(closedir(directory), 0);
    ck_assert_uint_ge(n_files, 60);
}
END_TEST

/* One row of the manifest. */
struct row {
    char file[LINE_BYTES];
    bool is_valid;
    int version;
    bool is_grammatical;
    char note[LINE_BYTES];
};

/* Next field of a CSV line; quotes are removed. */
static const char *read_field(char *field, size_t size, const char *line)
{
    size_t n = 0;
    const bool is_quoted = *line == '"';
    const char *end = is_quoted ? "\"\n" : ",\n";
    line += is_quoted ? 1 : 0;
    while (*line != '\0' && strchr(end, *line) == NULL && n + 1 < size) {
        field[n++] = *line++;
    }
    field[n] = '\0';
    line += is_quoted && *line == '"' ? 1 : 0;
    return *line == ',' ? line + 1 : line;
}

static struct row read_row(const char *line)
{
    struct row row = {0};
    char text[LINE_BYTES];
    line = read_field(row.file, sizeof row.file, line);
    line = read_field(text, sizeof text, line);
    row.is_valid = strcmp(text, "valid") == 0;
    line = read_field(text, sizeof text, line);
    line = read_field(text, sizeof text, line);
    row.version = text[0] - '0';
    line = read_field(text, sizeof text, line);
    row.is_grammatical = strcmp(text, "accept") == 0;
    (void)read_field(row.note, sizeof row.note, line);
    return row;
}

/* Reads as its own version in this mode. */
static bool is_accepted(const char *path, const struct row *row, bool is_strict,
                        struct error *error)
{
    struct vnnlib *lib = NULL;
    *error = (struct error){0};
    const enum status status = vnnlib_load(&lib, path, is_strict, error);
    const bool is_own = status == STATUS_OK && lib->major == row->version;
    ck_assert_msg(status == STATUS_OK ||
                      (error->line >= 1 && error->column >= 1),
                  "%s: %s", path, error->message);
    vnnlib_destroy(lib);
    return is_own;
}

/* The listed codes and symbols occur, in this order, among ours. */
static void check_diagnostics(const char *path, const char *note)
{
    static const char mark[] = "expected diagnostics [error_count: ";
    const char *list = strstr(note, mark);
    if (list == NULL) {
        return;
    }
    struct vnnlib *lib = NULL;
    struct bytes text = {0};
    struct error error = {0};
    struct diagnostics diagnostics = {0};
    char ours[4096] = "";
    size_t n = 0;
    ck_assert_int_eq(reader_load(&text, path, MANY_BYTES, &error), STATUS_OK);
    ck_assert_int_eq(
        vnnlib_parse(&lib, &diagnostics, path, text, false, &error),
        STATUS_BAD_INPUT);
    for (size_t i = 0; i < diagnostics.list.n; i++) {
        const struct diagnostic *entry = &diagnostics.list.data[i];
        const bool is_network = entry->code == DIAGNOSTIC_MISSING_NETWORK;
        n += (size_t)snprintf(
            ours + n, sizeof ours - n,
            is_network ? "%s Referenced network '%s' not found, " : "%s, %s, ",
            is_network ? "" : diagnostic_name(entry->code), entry->symbol);
    }
    const char *item = list + strlen(mark);
    char *rest = NULL;
    ck_assert_uint_eq(strtoul(item, &rest, 10), diagnostics.n_found);
    const char *place = ours;
    for (item = rest + 2; *item != '\0' && *item != ']';) {
        const size_t end = strcspn(item, "]");
        const char *comma = strstr(item, ", ");
        const size_t length = comma != NULL && comma < item + end
                                  ? (size_t)(comma - item)
                                  : strlen(item) - 1;
        char wanted[LINE_BYTES];
        (void)snprintf(wanted, sizeof wanted, "%.*s", (int)length, item);
        place = strstr(place, wanted);
        ck_assert_msg(place != NULL, "%s: expected %s, found %s", path, wanted,
                      ours);
        item += length + (comma != NULL ? 2 : 1);
    }
    diagnostics_clear(&diagnostics);
}

static void check_row(const char *path, const struct row *row)
{
    struct error error;
    const bool is_lenient = strstr(row->note, "lenient-ok") != NULL;
    const bool is_strict_mode = row->version == 2 && row->is_valid;
    if (row->is_valid) {
        ck_assert_msg(is_accepted(path, row, is_strict_mode, &error), "%s: %s",
                      path, error.message);
        return;
    }
    ck_assert_msg(!is_accepted(path, row, true, &error), "%s", path);
    if (!is_lenient) {
        ck_assert_msg(!is_accepted(path, row, false, &error), "%s", path);
    }
    if (row->is_grammatical) {
        check_diagnostics(path, row->note);
    }
}

START_TEST(conformance_files_get_the_verdict_of_the_table)
{
    const char *manifest =
        test_shared("conformance", "vnnlib-conformance/manifest.csv");
    if (manifest == NULL) {
        return;
    }
    char path[PATH_BYTES + LINE_BYTES];
    char folder[PATH_BYTES];
    char line[4 * LINE_BYTES];
    size_t n_rows = 0;
    (void)snprintf(folder, sizeof folder, "%.*s",
                   (int)(strrchr(manifest, '/') - manifest), manifest);
    FILE *file = fopen(manifest, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        const struct row row = read_row(line);
        (void)snprintf(path, sizeof path, "%s/%s", folder, row.file);
        check_row(path, &row);
        n_rows++;
    }
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_ge(n_rows, 131);
}
END_TEST

/* Files published as version 2.0 that are not; one of their folder is. */
static bool is_known_malformed(const char *path)
{
    return strstr(path, ".v2.") != NULL &&
           strstr(path, "/prop_vnnlib_AC1_eps_01_purged.v2.") == NULL &&
           (strstr(path, "/vnnlib2/vnnlib/ACC/") != NULL ||
            strstr(path, "/vnnlib2/vnnlib/drones_1d_hovering/") != NULL);
}

static void check_competition_file(const char *path)
{
    struct error error = {0};
    char plain[2 * PATH_BYTES];
    (void)snprintf(plain, sizeof plain, "%.*s",
                   (int)(strlen(path) - strlen(".gz")), path);
    const enum status status =
        vnnlib_check(ends_with(path, ".gz") ? plain : path, false, &error);
    if (is_known_malformed(path)) {
        ck_assert_int_eq(status, STATUS_BAD_INPUT);
        ck_assert_msg(strstr(error.message, "version 2 does not have") != NULL,
                      "%s: %s", path, error.message);
    } else {
        ck_assert_msg(status == STATUS_OK, "%s:%zu:%zu: %s", path, error.line,
                      error.column, error.message);
    }
}

/* Every `step`-th property below the folder, at most five levels down.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void walk(const char *folder, size_t step, size_t *n_seen,
                 size_t *n_read, size_t depth)
{
    DIR *directory = opendir(folder);
    ck_assert_ptr_nonnull(directory);
    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        char path[2 * PATH_BYTES];
        struct stat state;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &state) != 0) {
            continue;
        }
        if (S_ISDIR(state.st_mode) && depth < 5) {
            walk(path, step, n_seen, n_read, depth + 1);
        } else if (ends_with(path, ".vnnlib") ||
                   ends_with(path, ".vnnlib.gz")) {
            if ((*n_seen)++ % step == 0) {
                check_competition_file(path);
                (*n_read)++;
            }
        }
    }
    ck_assert_int_eq(closedir(directory), 0);
}

/* A twentieth of them by default; all with ASTROLABE_TEST_FACTOR=20. */
START_TEST(competition_files_are_read)
{
    const char *folder = test_shared("competition files", "vnncomp");
    if (folder == NULL) {
        return;
    }
    const size_t factor = test_count(1);
    char root[PATH_BYTES];
    size_t n_seen = 0;
    size_t n_read = 0;
    (void)snprintf(root, sizeof root, "%s", folder);
    walk(root, factor >= 20 ? 1 : 20 / factor, &n_seen, &n_read, 0);
    ck_assert_uint_ge(n_seen, 600);
    ck_assert_uint_ge(n_read, 60);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct error error = {0};
    struct vnnlib *lib = NULL;
    ck_assert_int_eq(
        vnnlib_load(&lib, "tests/parse/none.vnnlib", false, &error), STATUS_IO);
    ck_assert_ptr_null(lib);
    ck_assert_msg(strstr(error.path, "none.vnnlib") != NULL, "%s", error.path);
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("vnnlib");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, every_malformed_file_is_refused_as_it_says);
    tcase_add_test(cases, conformance_files_get_the_verdict_of_the_table);
    tcase_add_test(cases, competition_files_are_read);
    tcase_add_test(cases, a_missing_file_is_named);
    return cases;
}
