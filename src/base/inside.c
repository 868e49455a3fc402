/* One openat per part of the location, none of which may be a link. */
#include "src/base/inside.h"

#include "src/base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* True if all parts between slashes are names of their own. */
static bool is_plain(const char *location)
{
    const char *part = location;
    if (strchr(location, '\\') != NULL) {
        return false;
    }
    for (;;) {
        const size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') ||
            (n == 2 && part[0] == '.' && part[1] == '.')) {
            return false;
        }
        if (part[n] == '\0') {
            return true;
        }
        part += n + 1;
    }
}

/* The folder of a file, or -1. */
static int open_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL
                       ? alloc_string(".", 1)
                       : alloc_string(path, (size_t)(slash - path) + 1);
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    alloc_free(folder);
    return descriptor;
}

/* Opens the parts one after the other, the last one as a file; -1 and errno
 * if one is missing or a link. */
static int open_parts(const char *path, const char *location)
{
    int at = open_folder(path);
    const char *part = location;
    while (at >= 0) {
        const size_t n = strcspn(part, "/");
        const bool is_last = part[n] == '\0';
        char *name = alloc_string(part, n);
        const int next = openat(at, name,
                                O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
                                    (is_last ? O_NONBLOCK : O_DIRECTORY));
        const int code = errno;
        alloc_free(name);
        (void)close(at);
        errno = code;
        at = next;
        if (is_last) {
            break;
        }
        part += n + 1;
    }
    return at;
}

/* Fills the buffer; false and errno (0: the file became shorter) if not. */
static bool read_exactly(char *data, size_t n, int descriptor)
{
    size_t at = 0;
    while (at < n) {
        const ssize_t count = read(descriptor, data + at, n - at);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            errno = count == 0 ? 0 : errno;
            return false;
        }
        at += (size_t)count;
    }
    return true;
}

enum status inside_load(struct bytes *bytes, const char *path,
                        const char *location, size_t limit_bytes,
                        struct error *error)
{
    struct stat stat = {0};
    if (strcmp(path, "-") == 0 || !is_plain(location)) {
        error_set(error, "file '%s' is not inside the model's folder",
                  location);
        return STATUS_BAD_INPUT;
    }
    const int descriptor = open_parts(path, location);
    if (descriptor < 0) {
        const bool is_link = errno == ELOOP || errno == ENOTDIR;
        error_set(error, "cannot open '%s' in the model's folder: %s", location,
                  is_link ? "a part is a link or no folder" : strerror(errno));
        return is_link ? STATUS_BAD_INPUT : STATUS_IO;
    }
    enum status status = STATUS_OK;
    if (fstat(descriptor, &stat) != 0 || !S_ISREG(stat.st_mode) ||
        (uintmax_t)stat.st_size > limit_bytes) {
        error_set(error, "'%s' is no regular file, or too large", location);
        status = STATUS_BAD_INPUT;
    } else {
        bytes->n = (size_t)stat.st_size;
        bytes->data = alloc_bytes(bytes->n + 1, 1);
        if (!read_exactly(bytes->data, bytes->n, descriptor)) {
            error_set(error, "cannot read '%s': %s", location,
                      errno == 0 ? "it became shorter" : strerror(errno));
            bytes_clear(bytes);
            status = STATUS_IO;
        }
    }
    (void)close(descriptor);
    return status;
}
