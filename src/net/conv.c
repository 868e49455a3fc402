/* The products of each output element, counted and then listed. */
#include "src/net/conv.h"

#include "src/base/require.h"
#include "src/base/vec.h"
#include "src/net/build_rows.h"

/* Channels of one group. */
struct channels {
    size_t n_groups;
    size_t n_in;
    size_t n_out;
    bool is_transposed;
};

static enum status read_channels(struct channels *channels,
                                 struct import *import, const struct tensor *x,
                                 const struct tensor *w)
{
    int64_t group = 1;
    IMPORT_TRY(import_int(import, "group", &group));
    const size_t n_first = w->shape.n_dims > 1 ? w->shape.dims[0] : 0;
    if (w->shape.n_dims != x->shape.n_dims || w->n == 0 || x->n == 0 ||
        group < 1 || (uint64_t)group > n_first ||
        n_first % (uint64_t)group != 0 || x->shape.n_dims < 3) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input, weights and group do not fit");
    }
    channels->n_groups = (size_t)group;
    channels->n_in =
        channels->is_transposed ? n_first / (size_t)group : w->shape.dims[1];
    channels->n_out =
        channels->is_transposed ? w->shape.dims[1] : n_first / (size_t)group;
    return channels->n_in * (size_t)group == x->shape.dims[1]
               ? STATUS_OK
               : import_refuse(import, STATUS_BAD_INPUT,
                               "channels of input and weights differ");
}

/* Lists the products of output element i at `at`, or counts them. */
static size_t list_terms(struct terms *terms, size_t at,
                         const struct grid *grid,
                         const struct channels *channels, size_t i)
{
    const size_t n_out = grid_n_out(grid);
    const size_t n_in = grid_n_in(grid);
    const size_t n_kernel = grid_n_kernel(grid);
    const size_t n_channels = channels->n_groups * channels->n_out;
    REQUIRE(n_channels > 0);
    const size_t channel = i / n_out % n_channels;
    const size_t batch = i / n_out / n_channels;
    const size_t group = channel / channels->n_out;
    size_t n = 0;
    for (size_t c = 0; c < channels->n_in; c++) {
        const size_t from = group * channels->n_in + c;
        const size_t plane =
            (batch * channels->n_groups * channels->n_in + from) * n_in;
        const size_t weights =
            channels->is_transposed
                ? from * channels->n_out + channel % channels->n_out
                : channel * channels->n_in + c;
        for (size_t step = 0; step < n_kernel; step++) {
            const size_t k =
                channels->is_transposed ? n_kernel - 1 - step : step;
            size_t in = 0;
            if (!grid_look(&in, grid, i % n_out, k, channels->is_transposed)) {
                continue;
            }
            if (terms->of_a != NULL) {
                terms->of_a[at + n] = (uint32_t)(plane + in);
                terms->of_b[at + n] = (uint32_t)(weights * n_kernel + k);
            }
            n++;
        }
    }
    return n;
}

enum status conv_build(const struct tensor **y, struct import *import,
                       const struct tensor *x, const struct tensor *w,
                       enum grid_kind kind)
{
    struct grid grid = {0};
    struct channels channels = {.is_transposed = kind == GRID_TRANSPOSED};
    IMPORT_TRY(read_channels(&channels, import, x, w));
    IMPORT_TRY(grid_read(&grid, import, &x->shape, w->shape.dims + 2, kind));
    const struct shape shape =
        grid_shape(&grid, x->shape.dims[0], channels.n_groups * channels.n_out);
    const size_t n = shape_count(&shape);
    size_t n_terms = 0;
    const double n_looks =
        (double)n * (double)channels.n_in * (double)grid_n_kernel(&grid);
    if (n > SHAPE_ELEMENTS || n_looks > 16.0 * TERMS) {
        return import_refuse(import, STATUS_UNSUPPORTED, "output too large");
    }
    struct terms none = {0};
    for (size_t i = 0; i < n && n_terms <= TERMS; i++) {
        n_terms += list_terms(&none, 0, &grid, &channels, i);
    }
    if (n_terms > TERMS) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "more than %d products", (int)TERMS);
    }
    struct terms terms = terms_create(n, n_terms);
    for (size_t i = 0; i < n; i++) {
        terms.start[i + 1] = terms.start[i] + list_terms(&terms, terms.start[i],
                                                         &grid, &channels, i);
    }
    *y = build_terms(import, &shape, x, w, &terms);
    return STATUS_OK;
}
