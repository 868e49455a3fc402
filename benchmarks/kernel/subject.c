#include "benchmarks/kernel/subject.h"

#include <stdio.h>

enum { PATH_BYTES = 128 };

bool subject_load(struct subject *subject, int argc, char **argv,
                  const char *name)
{
    static char network[PATH_BYTES];
    char property[PATH_BYTES];
    struct error error = {0};
    (void)snprintf(network, sizeof network, "benchmarks/models/%s.onnx", name);
    (void)snprintf(property, sizeof property,
                   "benchmarks/models/%s_holds_1.vnnlib", name);
    *subject = (struct subject){argc > 2 ? argv[1] : network, NULL};
    const char *const path = argc > 2 ? argv[2] : property;
    const struct query_network networks = {NULL, subject->network};
    if (query_load(&subject->query, path, 1, &networks, false, &error) ==
        STATUS_OK) {
        return true;
    }
    (void)fprintf(stderr, "cannot read %s with %s\n", path, subject->network);
    return false;
}
