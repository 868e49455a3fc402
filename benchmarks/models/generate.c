/* generate_models FOLDER: makes all networks and properties anew. */
#include "benchmarks/models/controller.h"
#include "benchmarks/models/digits.h"
#include "benchmarks/models/pigeons.h"
#include "benchmarks/models/residual.h"
#include "benchmarks/models/tiny.h"
#include "src/base/log.h"

#include <stdlib.h>

static enum status generate(const char *folder, struct error *error)
{
    enum status status = STATUS_OK;
    struct instances *instances = NULL;
    STATUS_TRY(instances_open(&instances, folder, error));
    STATUS_TRY(tiny_add(instances, error));
    STATUS_TRY(residual_add(instances, error));
    STATUS_TRY(controller_add(instances, error));
    STATUS_TRY(digits_add(instances, error));
    STATUS_TRY(pigeons_add(instances, error));
    status = instances_close(instances, error);
    instances = NULL;
cleanup:
    instances_abandon(instances);
    return status;
}

int main(int argc, char **argv)
{
    static struct error error;
    char text[ERROR_PATH_BYTES + ERROR_MESSAGE_BYTES];
    if (argc != 2) {
        log_line(LOG_ERROR, "usage: generate_models FOLDER");
        return 2;
    }
    if (generate(argv[1], &error) != STATUS_OK) {
        error_format(text, sizeof text, &error);
        log_line(LOG_ERROR, "%s", text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
