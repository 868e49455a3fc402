#include "src/base/writer.h"

#include "src/base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * target     file that appears at commit; owned
 * temporary  what is written; NULL when the target is written directly,
 *            because it is a device, a pipe or another special file; owned
 * failure    errno of the first failed write, 0 if none failed
 * previous, next  neighbours in the list of open temporaries
 */
struct writer {
    FILE *stream;
    char *target;
    char *temporary;
    int failure;
    struct writer *previous;
    struct writer *next;
};

/* Open temporaries, guarded by a spin lock held for a few loads and stores
 * (nothing allocates or blocks under it). */
static struct writer *open_writers;
static atomic_flag list_lock = ATOMIC_FLAG_INIT;

static void lock_list(void)
{
    while (
        atomic_flag_test_and_set_explicit(&list_lock, memory_order_acquire)) {
    }
}

static void unlock_list(void)
{
    atomic_flag_clear_explicit(&list_lock, memory_order_release);
}

static void list_add(struct writer *writer)
{
    lock_list();
    writer->next = open_writers;
    if (open_writers != NULL) {
        open_writers->previous = writer;
    }
    open_writers = writer;
    unlock_list();
}

static void list_remove(struct writer *writer)
{
    lock_list();
    if (writer->previous != NULL) {
        writer->previous->next = writer->next;
    } else if (open_writers == writer) {
        open_writers = writer->next;
    }
    if (writer->next != NULL) {
        writer->next->previous = writer->previous;
    }
    unlock_list();
}

static enum status refuse_errno(struct error *error, const char *verb, int code)
{
    error_set(error, "cannot %s: %s", verb, strerror(code));
    return STATUS_IO;
}

/* Under /dev even a name that leads to a regular file (a redirected standard
 * output) is somebody's open file, not ours to replace. */
static int is_written_directly(const char *path, const struct stat *stat)
{
    return strncmp(path, "/dev/", 5) == 0 || !S_ISREG(stat->st_mode);
}

/* Opens `<target>.tmp.<pid>.<n>` for the first n that is free. */
static int open_temporary(struct writer *writer)
{
    enum { N_TRIES = 1000, SUFFIX_BYTES = 64 };
    const size_t size = strlen(writer->target) + SUFFIX_BYTES;
    writer->temporary = alloc_bytes(size, 1);
    int descriptor = -1;
    for (int n = 0; n < N_TRIES && descriptor < 0; ++n) {
        (void)snprintf(writer->temporary, size, "%s.tmp.%ld.%d", writer->target,
                       (long)getpid(), n);
        descriptor = open(writer->temporary,
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST) {
            break;
        }
    }
    return descriptor;
}

static void writer_release(struct writer *writer)
{
    alloc_free(writer->temporary);
    alloc_free(writer->target);
    alloc_free(writer);
}

enum status writer_open(struct writer **writer, const char *path,
                        struct error *error)
{
    error_set_place(error, path, 0, 0);
    struct stat stat_of_path = {0};
    const int exists = stat(path, &stat_of_path) == 0;
    if (exists && S_ISDIR(stat_of_path.st_mode)) {
        return refuse_errno(error, "write", EISDIR);
    }
    struct writer *opened = NULL;
    NEW(opened);
    opened->target = alloc_string(path, strlen(path));
    int descriptor = -1;
    if (exists && is_written_directly(path, &stat_of_path)) {
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    } else {
        descriptor = open_temporary(opened);
    }
    if (descriptor < 0) {
        const enum status status = refuse_errno(error, "create", errno);
        writer_release(opened);
        return status;
    }
    if (opened->temporary != NULL) {
        list_add(opened);
    }
    opened->stream = fdopen(descriptor, "w");
    if (opened->stream == NULL) {
        const enum status status = refuse_errno(error, "create", errno);
        (void)close(descriptor);
        writer_abandon(opened);
        return status;
    }
    *writer = opened;
    return STATUS_OK;
}

static void remember_failure(struct writer *writer)
{
    if (writer->failure == 0) {
        writer->failure = errno == 0 ? EIO : errno;
    }
}

void writer_print(struct writer *writer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    errno = 0;
    const int n = vfprintf(writer->stream, format, arguments);
    va_end(arguments);
    if (n < 0) {
        remember_failure(writer);
    }
}

void writer_append(struct writer *writer, const void *data, size_t n)
{
    errno = 0;
    if (n > 0 && fwrite(data, 1, n, writer->stream) != n) {
        remember_failure(writer);
    }
}

/* Makes the new name last through a power failure. The file is in place
 * already, so a file system that cannot do it is not an error. */
static void sync_folder(const char *target)
{
    const char *slash = strrchr(target, '/');
    char *folder = slash == NULL
                       ? alloc_string(".", 1)
                       : alloc_string(target, (size_t)(slash - target) + 1);
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        (void)close(descriptor);
    }
    alloc_free(folder);
}

enum status writer_commit(struct writer *writer, struct error *error)
{
    error_set_place(error, writer->target, 0, 0);
    errno = 0;
    if (fflush(writer->stream) != 0) {
        remember_failure(writer);
    }
    if (writer->temporary != NULL && fsync(fileno(writer->stream)) != 0) {
        remember_failure(writer);
    }
    if (fclose(writer->stream) != 0) {
        remember_failure(writer);
    }
    writer->stream = NULL;
    if (writer->failure != 0) {
        const enum status status =
            refuse_errno(error, "write", writer->failure);
        writer_abandon(writer);
        return status;
    }
    if (writer->temporary != NULL) {
        if (rename(writer->temporary, writer->target) != 0) {
            const enum status status = refuse_errno(error, "rename", errno);
            writer_abandon(writer);
            return status;
        }
        list_remove(writer);
        sync_folder(writer->target);
    }
    writer_release(writer);
    return STATUS_OK;
}

void writer_abandon(struct writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->stream != NULL) {
        (void)fclose(writer->stream);
    }
    if (writer->temporary != NULL) {
        list_remove(writer);
        (void)unlink(writer->temporary);
    }
    writer_release(writer);
}

void writer_abandon_all(void)
{
    lock_list();
    for (struct writer *writer = open_writers; writer != NULL;
         writer = writer->next) {
        (void)unlink(writer->temporary);
    }
    open_writers = NULL;
    unlock_list();
}
