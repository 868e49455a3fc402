/* Writes { "key": value, ... } with one key a line. */
#include "src/app/report.h"

#include "src/base/alloc.h"
#include "src/base/budget.h"
#include "src/base/require.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static void put_string(FILE *stream, const char *text)
{
    (void)fputc('"', stream);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            (void)fprintf(stream, "\\%c", c);
        } else if (c == '\n') {
            (void)fputs("\\n", stream);
        } else if (c < 0x20 || c >= 0x7f) {
            (void)fprintf(stream, "\\u%04x", c);
        } else {
            (void)fputc(c, stream);
        }
    }
    (void)fputc('"', stream);
}

static void put_pair(FILE *stream, const char *key, const char *text)
{
    (void)fprintf(stream, "  \"%s\": ", key);
    put_string(stream, text);
    (void)fputs(",\n", stream);
}

/* Seconds with six decimals; JSON has no infinity. */
static void put_seconds(FILE *stream, const char *key, double seconds)
{
    if (isfinite(seconds)) {
        (void)fprintf(stream, "  \"%s\": %.6f,\n", key, seconds);
    } else {
        (void)fprintf(stream, "  \"%s\": null,\n", key);
    }
}

static void put_networks(FILE *stream, const struct report *report)
{
    (void)fputs("  \"networks\": [", stream);
    for (size_t i = 0; i < report->n_networks; i++) {
        const struct astrolabe_network *network = &report->networks[i];
        (void)fprintf(stream, "%s{\"name\": ", i == 0 ? "" : ", ");
        put_string(stream, network->name == NULL ? "" : network->name);
        (void)fputs(", \"file\": ", stream);
        put_string(stream, network->path);
        (void)fputs("}", stream);
    }
    (void)fputs("],\n", stream);
}

static void put_witness(FILE *stream, const astrolabe_result *result)
{
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    REQUIRE(memory != NULL);
    const bool has_witness = astrolabe_result_witness(memory, result);
    REQUIRE(fclose(memory) == 0 && text != NULL);
    if (has_witness) {
        put_pair(stream, "witness", text);
    }
    free(text);
}

static void put_counters(FILE *stream, const astrolabe_result *result)
{
    const size_t n = result == NULL ? 0 : astrolabe_result_n_counters(result);
    (void)fputs("  \"counters\": {", stream);
    for (size_t i = 0; i < n; i++) {
        double value = 0.0;
        const char *name = astrolabe_result_counter(result, i, &value);
        (void)fprintf(stream, "%s\n    \"%s\": %.0f", i == 0 ? "" : ",", name,
                      value);
    }
    (void)fputs("\n  }\n", stream);
}

static long peak_rss_kb(void)
{
    struct rusage usage = {0};
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

char *report_text(size_t *n, const struct report *report)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, n);
    REQUIRE(stream != NULL);
    (void)fputs("{\n", stream);
    put_pair(stream, "verdict", report->verdict);
    put_pair(stream, "reason", report->reason);
    put_pair(stream, "version", astrolabe_version());
    put_pair(stream, "query", report->query);
    put_networks(stream, report);
    put_seconds(stream, "timeout_seconds", report->options->timeout_s);
    (void)fprintf(stream, "  \"seed\": %llu,\n  \"threads\": %zu,\n",
                  (unsigned long long)report->options->seed,
                  report->options->threads);
    put_seconds(stream, "load_seconds", report->load_s);
    put_seconds(stream, "verify_seconds", report->verify_s);
    put_seconds(stream, "minimize_seconds", report->minimize_s);
    put_seconds(stream, "wall_seconds", budget_now_s());
    put_seconds(stream, "cpu_seconds", budget_cpu_s());
    (void)fprintf(stream, "  \"peak_rss_kb\": %ld,\n", peak_rss_kb());
    (void)fprintf(stream, "  \"peak_heap_bytes\": %zu,\n", alloc_peak_bytes());
    if (report->result != NULL) {
        put_witness(stream, report->result);
    }
    put_counters(stream, report->result);
    (void)fputs("}\n", stream);
    REQUIRE(fclose(stream) == 0 && text != NULL);
    return text;
}
