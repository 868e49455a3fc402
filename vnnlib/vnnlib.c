/* A property file as written: declarations and the tree of its assertions. */
#include "vnnlib/vnnlib.h"

#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/num/rational.h"
#include "vnnlib/diagnostics.h"
#include "vnnlib/parse_v1.h"
#include "vnnlib/parse_v2.h"
#include "vnnlib/source.h"
#include "vnnlib/types.h"

#include <assert.h>
#include <string.h>

void vnnlib_destroy(struct vnnlib *lib)
{
    if (lib == NULL) {
        return;
    }
    VEC_CLEAR(&lib->networks);
    VEC_CLEAR(&lib->variables);
    VEC_CLEAR(&lib->dims);
    VEC_CLEAR(&lib->nodes);
    VEC_CLEAR(&lib->assertions);
    bytes_clear(&lib->text);
    alloc_free(lib->path);
    alloc_free(lib);
}

uint32_t vnnlib_next(const struct vnnlib *lib, uint32_t node)
{
    assert(node < lib->nodes.n);
    const struct vnnlib_node *self = &lib->nodes.data[node];
    const bool is_leaf =
        self->kind == VNNLIB_NUMBER || self->kind == VNNLIB_ELEMENT;
    return node + (is_leaf ? 1 : self->extent);
}

bool vnnlib_is_word(const struct vnnlib *lib, uint32_t offset, uint32_t n,
                    const char *word)
{
    return strlen(word) == n && memcmp(lib->text.data + offset, word, n) == 0;
}

void vnnlib_place(struct error *error, const struct vnnlib *lib, size_t offset)
{
    assert(offset <= lib->text.n);
    size_t line = 1;
    size_t start = 0;
    const char *text = lib->text.data;
    for (;;) {
        const char *end = memchr(text + start, '\n', offset - start);
        if (end == NULL) {
            break;
        }
        start = (size_t)(end - text) + 1;
        line++;
    }
    error_set_place(error, lib->path, line, offset - start + 1);
}

/* Value of #b101 or #xbeef. */
static void read_radix(mpq_t value, const char *text, size_t n)
{
    const unsigned long base = text[1] == 'b' ? 2 : 16;
    mpq_set_ui(value, 0, 1);
    for (size_t i = 2; i < n; i++) {
        const int c = (unsigned char)text[i];
        const int letter = c <= 'F' ? 'A' : 'a';
        const int digit = c <= '9' ? c - '0' : c - letter + 10;
        mpz_mul_ui(mpq_numref(value), mpq_numref(value), base);
        mpz_add_ui(mpq_numref(value), mpq_numref(value), (unsigned long)digit);
    }
}

enum status vnnlib_number(mpq_t value, const struct vnnlib *lib, uint32_t node,
                          struct error *error)
{
    const struct vnnlib_node *self = &lib->nodes.data[node];
    assert(self->kind == VNNLIB_NUMBER);
    const char *text = lib->text.data + self->offset;
    if (text[0] == '#') {
        read_radix(value, text, self->extent);
        return STATUS_OK;
    }
    const enum status status = rational_parse(value, text, self->extent, error);
    if (status != STATUS_OK) {
        vnnlib_place(error, lib, self->offset);
    }
    return status;
}

/* Literals whose value would be refused later: too long or too far out. */
static enum status check_numbers(const struct vnnlib *lib, struct error *error)
{
    enum { SURELY_FINE_BYTES = 64 };
    enum status status = STATUS_OK;
    mpq_t value;
    mpq_init(value);
    for (uint32_t i = 0; i < lib->nodes.n && status == STATUS_OK; i++) {
        const struct vnnlib_node *node = &lib->nodes.data[i];
        if (node->kind != VNNLIB_NUMBER) {
            continue;
        }
        const char *text = lib->text.data + node->offset;
        if (node->extent > SURELY_FINE_BYTES ||
            memchr(text, 'e', node->extent) != NULL ||
            memchr(text, 'E', node->extent) != NULL) {
            status = vnnlib_number(value, lib, i, error);
        }
    }
    mpq_clear(value);
    return status;
}

static enum status skip_mark(struct source *source)
{
    const struct bytes *text = &source->lib->text;
    if (text->n < 3 || memcmp(text->data, "\xef\xbb\xbf", 3) != 0) {
        return STATUS_OK;
    }
    source->position = 3;
    return source_lenient(source, 0, LENIENT_BOM);
}

/* Is the first command vnnlib-version? */
static enum status is_version_2(struct source *source, bool *answer)
{
    const size_t start = source->position;
    enum status status = token_next_v1(source);
    *answer = false;
    if (status == STATUS_OK && source->token.kind == TOKEN_OPEN) {
        status = token_next_v1(source);
        *answer = source_is_symbol(source, "vnnlib-version");
    }
    source->position = start;
    return status;
}

static enum status check_text(struct source *source)
{
    const struct bytes *text = &source->lib->text;
    if (text->n > VNNLIB_MAX_BYTES) {
        return source_fail(source, 0, "the file has more than %zu bytes",
                           VNNLIB_MAX_BYTES);
    }
    const char *zero = memchr(text->data, '\0', text->n);
    if (zero != NULL) {
        return source_fail(source, (size_t)(zero - text->data),
                           "expected text, found a zero byte");
    }
    return skip_mark(source);
}

static enum status read_source(struct source *source)
{
    bool has_version = false;
    enum status status = check_text(source);
    if (status == STATUS_OK) {
        status = is_version_2(source, &has_version);
    }
    if (status == STATUS_OK) {
        source->lib->major = 1;
        status = has_version ? parse_v2(source) : parse_v1(source);
    }
    if (status == STATUS_OK && has_version) {
        types_check_comparisons(source);
    }
    return status == STATUS_OK ? check_numbers(source->lib, source->error)
                               : status;
}

static void set_error(struct error *error, const char *path,
                      const struct diagnostic *diagnostic)
{
    error_set_place(error, path, diagnostic->line, diagnostic->column);
    error_set(error, "%s: '%s': %s", diagnostic_name(diagnostic->code),
              diagnostic->symbol, diagnostic->hint);
}

/* Fills the places; the last diagnostic goes to *error. */
static enum status report(struct diagnostics *diagnostics,
                          const struct vnnlib *lib, struct error *error)
{
    const size_t n = diagnostics->list.n;
    for (size_t i = 0; i < n; i++) {
        struct diagnostic *diagnostic = &diagnostics->list.data[i];
        vnnlib_place(error, lib, diagnostic->offset);
        diagnostic->line = error->line;
        diagnostic->column = error->column;
    }
    if (n == 0) {
        return STATUS_OK;
    }
    set_error(error, lib->path, &diagnostics->list.data[n - 1]);
    return STATUS_BAD_INPUT;
}

/* All but the last, which is the caller's. */
static void log_diagnostics(const struct diagnostics *diagnostics,
                            const char *path)
{
    char line[ERROR_PATH_BYTES + ERROR_MESSAGE_BYTES];
    for (size_t i = 0; i + 1 < diagnostics->list.n; i++) {
        struct error error = {0};
        set_error(&error, path, &diagnostics->list.data[i]);
        error_format(line, sizeof line, &error);
        log_line(LOG_ERROR, "%s", line);
    }
    if (diagnostics->n_found > diagnostics->list.n) {
        log_line(LOG_ERROR, "%s: %zu typing errors in all, the first %d shown",
                 path, diagnostics->n_found, DIAGNOSTICS_KEPT);
    }
}

enum status vnnlib_parse(struct vnnlib **lib, struct diagnostics *diagnostics,
                         const char *path, struct bytes text, bool is_strict,
                         struct error *error)
{
    struct vnnlib *self = NULL;
    NEW(self);
    self->path = alloc_string(path, strlen(path));
    self->text = text;
    struct source source = {.lib = self,
                            .is_strict = is_strict,
                            .names = {.text = text.data},
                            .diagnostics = diagnostics,
                            .error = error};
    enum status status = read_source(&source);
    names_clear(&source.names);
    if (status == STATUS_OK) {
        status = report(diagnostics, self, error);
    } else {
        diagnostics_clear(diagnostics);
    }
    if (status != STATUS_OK) {
        vnnlib_destroy(self);
        self = NULL;
    }
    *lib = self;
    return status;
}

enum status vnnlib_load(struct vnnlib **lib, const char *path, bool is_strict,
                        struct error *error)
{
    struct bytes text = {0};
    *lib = NULL;
    enum status status = reader_load(&text, path, VNNLIB_MAX_BYTES, error);
    if (status != STATUS_OK) {
        return status;
    }
    struct diagnostics diagnostics = {0};
    status = vnnlib_parse(lib, &diagnostics, path, text, is_strict, error);
    log_diagnostics(&diagnostics, path);
    diagnostics_clear(&diagnostics);
    return status;
}

enum status vnnlib_check(const char *path, bool is_strict, struct error *error)
{
    struct vnnlib *lib = NULL;
    const enum status status = vnnlib_load(&lib, path, is_strict, error);
    vnnlib_destroy(lib);
    return status;
}
