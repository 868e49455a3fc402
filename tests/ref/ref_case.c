#include "tests/ref/ref_case.h"

#include "proofs/cert_bin.h"
#include "proofs/cert_text.h"
#include "proofs/check/check_sha.h"
#include "src/base/require.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(char text[REF_CASE_TEXT], const char *line)
{
    const size_t n = strlen(text);
    REQUIRE(n + strlen(line) < REF_CASE_TEXT);
    (void)snprintf(text + n, REF_CASE_TEXT - n, "%s", line);
}

static bool starts(const char *line, const char *start, const char **rest)
{
    const size_t n = strlen(start);
    *rest = line + n;
    return strncmp(line, start, n) == 0;
}

/* The numbers of a line; how many there were. */
static size_t read_numbers(double *values, size_t most, const char *text)
{
    char *end = NULL;
    size_t n = 0;
    double value = strtod(text, &end);
    while (end != text) {
        REQUIRE(n < most);
        values[n++] = value;
        text = end;
        value = strtod(text, &end);
    }
    return n;
}

static void read_widths(struct ref_case *of, const char *text)
{
    double values[REF_CASE_LAYERS + 1];
    const size_t n = read_numbers(values, REF_CASE_LAYERS + 1, text);
    for (size_t i = 0; i < n; i++) {
        REQUIRE(values[i] >= 1 && values[i] <= REF_CASE_WIDTH);
        of->widths[i] = (size_t)values[i];
    }
}

static void read_layer(struct ref_case *of, const char *text)
{
    double values[REF_CASE_WIDTH * (REF_CASE_WIDTH + 1)];
    REQUIRE(of->n_layers < REF_CASE_LAYERS);
    const size_t l = of->n_layers++;
    const size_t n_rows = of->widths[l + 1];
    const size_t n_weights = n_rows * of->widths[l];
    REQUIRE(read_numbers(values, sizeof values / sizeof *values, text) ==
            n_weights + n_rows);
    memcpy(of->weights[l], values, n_weights * sizeof *values);
    memcpy(of->biases[l], values + n_weights, n_rows * sizeof *values);
}

static void read_expectation(struct ref_case *of, const char *text)
{
    char *end = NULL;
    of->status = (int)strtol(text, &end, 10);
    end += *end == ' ' ? 1 : 0;
    (void)snprintf(of->reason, sizeof of->reason, "%.*s",
                   (int)strcspn(end, "\n"), end);
}

void ref_case_read(struct ref_case *of, const char *path)
{
    char line[1024];
    const char *rest = NULL;
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    *of = (struct ref_case){.status = -1};
    while (fgets(line, sizeof line, file) != NULL) {
        if (starts(line, "#net ", &rest)) {
            read_widths(of, rest);
        } else if (starts(line, "#layer ", &rest)) {
            read_layer(of, rest);
        } else if (starts(line, "#prop ", &rest)) {
            append(of->property, rest);
        } else if (starts(line, "#expect ", &rest)) {
            read_expectation(of, rest);
        } else if (starts(line, "#sat", &rest)) {
            of->is_sat = true;
        } else if (!starts(line, "#item ", &rest)) {
            append(of->certificate, line);
        }
    }
    REQUIRE(of->n_layers > 0 && of->status >= 0 && fclose(file) == 0);
}

void ref_case_open(struct ref_subject *subject, const struct ref_case *of)
{
    static char text[2 * REF_CASE_TEXT];
    const double *weights[REF_CASE_LAYERS];
    const double *biases[REF_CASE_LAYERS];
    size_t n = 0;
    for (size_t l = 0; l < of->n_layers; l++) {
        weights[l] = of->weights[l];
        biases[l] = of->biases[l];
    }
    struct ref_bytes model =
        ref_subject_chain(of->n_layers, of->widths, weights, biases);
    const size_t n_inputs = of->widths[0];
    for (size_t i = 0; i < n_inputs + of->widths[of->n_layers]; i++) {
        n += (size_t)snprintf(
            text + n, sizeof text - n, "(declare-const %c_%zu Real)\n",
            i < n_inputs ? 'X' : 'Y', i < n_inputs ? i : i - n_inputs);
    }
    (void)snprintf(text + n, sizeof text - n, "%s", of->property);
    ref_subject_open(subject, &model, text);
}

static void hash_text(char text[65], const unsigned char *data, size_t n)
{
    unsigned char hash[32];
    check_sha256(hash, data, n);
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
}

static void hash_part(char text[65], const struct ref_subject *subject,
                      size_t which)
{
    if (which == 2) {
        char *query = NULL;
        size_t n = 0;
        FILE *file = open_memstream(&query, &n);
        REQUIRE(file != NULL);
        check_query_dump(file, subject->query);
        REQUIRE(fclose(file) == 0);
        hash_text(text, (const unsigned char *)query, n);
        free(query);
        return;
    }
    const struct check_bytes *file =
        which == 0 ? &subject->network->file : &subject->property->file;
    hash_text(text, file->data, file->n);
}

struct ref_bytes ref_case_certificate(const struct ref_case *of,
                                      const struct ref_subject *subject)
{
    static const char *const names[] = {"network @", "property @", "query @"};
    static char text[REF_CASE_TEXT + 256];
    struct ref_bytes made = {0};
    struct bytes bytes = {0};
    struct error error = {0};
    struct cert cert;
    (void)snprintf(text, sizeof text, "%s", of->certificate);
    for (size_t i = 0; i < 3; i++) {
        char hash[65];
        char *place = strstr(text, names[i]);
        if (place != NULL) {
            char *at = place + strlen(names[i]) - 1;
            hash_part(hash, subject, i);
            memmove(at + 64, at + 1, strlen(at + 1) + 1);
            memcpy(at, hash, 64);
        }
    }
    const enum status status =
        cert_text_read(&cert, text, strlen(text), &error);
    if (status != STATUS_OK) {
        (void)printf("line %zu: %s\n", error.line, error.message);
        (void)fflush(stdout);
    }
    REQUIRE(status == STATUS_OK);
    cert_bin_encode(&bytes, &cert, NULL);
    ref_bytes_append(&made, bytes.data, bytes.n);
    bytes_clear(&bytes);
    cert_clear(&cert);
    return made;
}
