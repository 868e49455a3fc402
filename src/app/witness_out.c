/* Builds the answer in memory first, so that it appears whole. */
#include "src/app/witness_out.h"

#include "src/base/require.h"

#include <stdio.h>
#include <stdlib.h>

const char *witness_out_word(enum astrolabe_verdict verdict)
{
    switch (verdict) {
    case ASTROLABE_SAT:
        return "sat";
    case ASTROLABE_UNSAT:
        return "unsat";
    case ASTROLABE_TIMED_OUT:
        return "timed-out";
    case ASTROLABE_UNKNOWN:
        break;
    }
    return "unknown";
}

const char *witness_out_result_word(enum astrolabe_verdict verdict,
                                    int vnnlib_version)
{
    return verdict == ASTROLABE_TIMED_OUT && vnnlib_version == 1
               ? "timeout"
               : witness_out_word(verdict);
}

char *witness_out_text(size_t *n, const char *word,
                       const astrolabe_result *result)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, n);
    REQUIRE(stream != NULL);
    (void)fprintf(stream, "%s\n", word);
    if (result != NULL) {
        (void)astrolabe_result_witness(stream, result);
    }
    REQUIRE(fclose(stream) == 0 && text != NULL);
    return text;
}

enum status witness_out_print(const char *text, size_t n, struct error *error)
{
    if (fwrite(text, 1, n, stdout) != n || fflush(stdout) != 0) {
        error_set(error, "standard output: cannot write");
        return STATUS_IO;
    }
    return STATUS_OK;
}
