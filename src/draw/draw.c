/* DOT text in a temporary file, then as it is or as an image. */
#include "src/draw/draw.h"

#include "src/base/alloc.h"
#include "src/base/writer.h"
#include "src/draw/render_gvc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const ENDINGS[] = {"dot", "svg", "png"};
enum { N_ENDINGS = 3 };

/* The ending of a path, one of the above; NULL if it is another. */
static const char *ending_of(const char *path)
{
    const char *point = strrchr(path, '.');
    for (size_t i = 0; point != NULL && i < N_ENDINGS; i++) {
        if (strcmp(point + 1, ENDINGS[i]) == 0) {
            return ENDINGS[i];
        }
    }
    return NULL;
}

bool draw_is_known(const char *path)
{
    return ending_of(path) != NULL;
}

static enum status refuse(struct error *error)
{
    error_set(error, "cannot write a temporary file: %s", strerror(errno));
    return STATUS_IO;
}

/* What is in a file of our own, with a zero byte behind it. */
static enum status read_back(char **text, FILE *file, struct error *error)
{
    const long n = fflush(file) == 0 && ferror(file) == 0 ? ftell(file) : -1;
    if (n < 0 || fseek(file, 0, SEEK_SET) != 0) {
        return refuse(error);
    }
    NEW_ARRAY(*text, (size_t)n + 1);
    return fread(*text, 1, (size_t)n, file) == (size_t)n ? STATUS_OK
                                                         : refuse(error);
}

static enum status write_dot(const char *path, const char *text,
                             struct error *error)
{
    struct writer *writer = NULL;
    const enum status status = writer_open(&writer, path, error);
    if (status != STATUS_OK) {
        return status;
    }
    writer_append(writer, text, strlen(text));
    return writer_commit(writer, error);
}

enum status draw_cert(const char *path, const struct dot_cert *drawing,
                      struct error *error)
{
    const char *ending = ending_of(path);
    char *text = NULL;
    FILE *file = tmpfile();
    if (file == NULL || ending == NULL) {
        if (file != NULL) {
            (void)fclose(file);
        }
        return refuse(error);
    }
    dot_cert_print(file, drawing);
    enum status status = read_back(&text, file, error);
    if (status == STATUS_OK) {
        status = strcmp(ending, "dot") == 0
                     ? write_dot(path, text, error)
                     : render_gvc(path, text, ending, error);
    }
    (void)fclose(file);
    alloc_free(text);
    return status;
}
