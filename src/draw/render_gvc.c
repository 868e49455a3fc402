/* DOT -> layout -> bytes, by libgvc if that was there at build time. */
#include "src/draw/render_gvc.h"

#ifdef ASTROLABE_GRAPHVIZ

#include "src/base/writer.h"

#include <graphviz/gvc.h>

static enum status put(const char *path, const char *image, size_t n,
                       struct error *error)
{
    struct writer *writer = NULL;
    const enum status status = writer_open(&writer, path, error);
    if (status != STATUS_OK) {
        return status;
    }
    writer_append(writer, image, n);
    return writer_commit(writer, error);
}

enum status render_gvc(const char *path, const char *dot, const char *format,
                       struct error *error)
{
    enum status status = STATUS_BAD_INPUT;
    char *image = NULL;
    unsigned n = 0;
    GVC_t *context = gvContext();
    graph_t *graph = context == NULL ? NULL : agmemread(dot);
    error_set(error, "Graphviz cannot read the graph");
    if (graph != NULL && gvLayout(context, graph, "dot") == 0) {
        status = STATUS_UNSUPPORTED;
        error_set(error, "this Graphviz cannot draw %s", format);
        if (gvRenderData(context, graph, format, &image, &n) == 0) {
            status = put(path, image, n, error);
            gvFreeRenderData(image);
        }
        (void)gvFreeLayout(context, graph);
    }
    if (graph != NULL) {
        (void)agclose(graph);
    }
    if (context != NULL) {
        (void)gvFreeContext(context);
    }
    return status;
}

#else

enum status render_gvc(const char *path, const char *dot, const char *format,
                       struct error *error)
{
    (void)path;
    (void)dot;
    error_set(error,
              "this program was built without Graphviz and cannot draw %s; "
              "DOT text works",
              format);
    return STATUS_UNSUPPORTED;
}

#endif
