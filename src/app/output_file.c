/* Both calls go through the writer; devices are written once, at the end. */
#include "src/app/output_file.h"

#include "src/base/writer.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Under /dev even a regular file is one that somebody else opened. */
static bool is_special(const char *path)
{
    struct stat found = {0};
    return strncmp(path, "/dev/", 5) == 0 ||
           (stat(path, &found) == 0 && !S_ISREG(found.st_mode) &&
            !S_ISDIR(found.st_mode));
}

enum status output_file_claim(const char *path, const char *text, size_t n,
                              struct error *error)
{
    if (path == NULL || !is_special(path)) {
        return output_file_put(path, text, n, error);
    }
    if (access(path, W_OK) != 0) {
        error_set_place(error, path, 0, 0);
        error_set(error, "cannot write: %s", strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

enum status output_file_put(const char *path, const char *text, size_t n,
                            struct error *error)
{
    struct writer *writer = NULL;
    if (path == NULL) {
        return STATUS_OK;
    }
    const enum status status = writer_open(&writer, path, error);
    if (status != STATUS_OK) {
        return status;
    }
    writer_append(writer, text, n);
    return writer_commit(writer, error);
}
