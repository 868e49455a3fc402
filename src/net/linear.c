/* Rows of element-wise, matrix and window nodes. */
#include "src/net/linear.h"

#include "src/base/alloc.h"

static void reserve(struct linear_row *row, size_t n)
{
    if (row->n_buffer < n) {
        row->n_buffer = n;
        RESIZE_ARRAY(row->buffer_weight, n);
        RESIZE_ARRAY(row->buffer_column, n);
    }
}

static void get_element(struct linear_row *row, const struct linear_slot *slot,
                        size_t i)
{
    row->n = 1;
    row->weight = slot->weight == NULL ? &slot->scale : &slot->weight[i];
    row->column = NULL;
    row->offset = slot->index == NULL ? i : slot->index[i];
    row->stride = 1;
}

static void get_product(struct linear_row *row,
                        const struct linear_product *product, size_t i)
{
    const size_t j = i % product->n_j;
    const size_t rest = i / product->n_j;
    const size_t row_i = rest % product->n_i;
    const size_t batch = rest / product->n_i;
    const size_t r = product->is_left ? row_i : j;
    const size_t vector = product->is_left ? j : row_i;
    const struct matrix *matrix = &product->matrix;
    row->offset = batch * product->batch_step + vector * product->step;
    row->stride = product->stride;
    if (matrix->dense != NULL) {
        row->n = matrix->n_cols;
        row->weight = matrix->dense + r * matrix->n_cols;
        row->column = NULL;
    } else {
        row->n = matrix->start[r + 1] - matrix->start[r];
        row->weight = matrix->value + matrix->start[r];
        row->column = matrix->column + matrix->start[r];
    }
}

/* Kernel positions [*first, *last) of one axis that hit the input. */
static void clip(size_t *first, size_t *last, const struct window *window,
                 size_t axis, size_t out)
{
    const size_t base = out * window->stride[axis];
    const size_t pad = window->pad[axis];
    const size_t dilation = window->dilation[axis];
    *first = base >= pad ? 0 : (pad - base + dilation - 1) / dilation;
    const size_t end = window->in[axis] + pad;
    *last = end <= base ? 0 : (end - base + dilation - 1) / dilation;
    if (*last > window->kernel[axis]) {
        *last = window->kernel[axis];
    }
    if (*first > *last) {
        *first = *last;
    }
}

void linear_get_window(struct linear_row *row, const struct window *window,
                       size_t i)
{
    const size_t out_x = i % window->out[1];
    const size_t out_y = i / window->out[1] % window->out[0];
    const size_t plane = i / (window->out[1] * window->out[0]);
    const size_t n_channels = window->n_groups * window->n_out;
    const size_t channel = plane % n_channels;
    const size_t batch = plane / n_channels;
    const size_t group = channel / window->n_out;
    const size_t kernel_size = window->kernel[0] * window->kernel[1];
    size_t y_first = 0;
    size_t y_last = 0;
    size_t x_first = 0;
    size_t x_last = 0;
    clip(&y_first, &y_last, window, 0, out_y);
    clip(&x_first, &x_last, window, 1, out_x);
    reserve(row, window->n_in * kernel_size + 1);
    size_t n = 0;
    for (size_t c = 0; c < window->n_in; c++) {
        const size_t in_plane =
            (batch * window->n_groups + group) * window->n_in + c;
        for (size_t ky = y_first; ky < y_last; ky++) {
            const size_t y = out_y * window->stride[0] +
                             ky * window->dilation[0] - window->pad[0];
            const size_t line = (in_plane * window->in[0] + y) * window->in[1];
            const size_t weights = (channel * window->n_in + c) * kernel_size +
                                   ky * window->kernel[1];
            for (size_t kx = x_first; kx < x_last; kx++, n++) {
                const size_t x = out_x * window->stride[1] +
                                 kx * window->dilation[1] - window->pad[1];
                row->buffer_column[n] = (uint32_t)(line + x);
                row->buffer_weight[n] =
                    window->weight == NULL ? 1.0 : window->weight[weights + kx];
            }
        }
    }
    row->n = n;
    row->weight = row->buffer_weight;
    row->column = row->buffer_column;
    row->offset = 0;
    row->stride = 1;
}

void linear_get_row(struct linear_row *row, const struct node *node,
                    size_t slot, size_t i)
{
    const struct linear *linear = &node->linear;
    if (linear->form == LINEAR_WINDOW) {
        linear_get_window(row, &node->window, i);
    } else if (linear->form == LINEAR_PRODUCT && slot == 0) {
        get_product(row, &linear->product, i);
    } else {
        get_element(row, &linear->slots[slot], i);
    }
}

void linear_row_clear(struct linear_row *row)
{
    alloc_free(row->buffer_weight);
    alloc_free(row->buffer_column);
    *row = (struct linear_row){0};
}
