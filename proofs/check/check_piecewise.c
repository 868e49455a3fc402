/* Operators of affine pieces: FORMAT.md, "Numbers of the network".
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

/* n coordinates in the memory of the builder. */
static uint32_t *new_map(struct check_builder *b, size_t n)
{
    return check_arena_alloc(&b->arena, n, sizeof(uint32_t));
}

const uint32_t *check_add_neurons(struct check_builder *b, enum check_kind kind,
                                  const uint32_t *source, size_t n)
{
    struct check_network *network = b->network;
    const size_t n_sources = kind == CHECK_PRODUCT ? 2 * n : n;
    struct check_value value = {.name = b->node->name, .n = n};
    struct check_layer *layer = check_add_layer(b, &value, kind);
    layer->source =
        check_arena_alloc(&network->arena, n_sources, sizeof *layer->source);
    memcpy(layer->source, source, n_sources * sizeof *layer->source);
    network->is_curved = network->is_curved || kind != CHECK_RELU;
    if (kind == CHECK_SCALE) {
        return value.map;
    }
    layer->relu = network->n_relus;
    network->relu = check_arena_grow(&network->arena, network->relu,
                                     network->n_relus, sizeof *network->relu);
    network->relu[network->n_relus++] = network->n_layers - 1;
    return value.map;
}

const uint32_t *check_add_sum(struct check_builder *b, struct check_part_of x,
                              struct check_part_of y, double bias, size_t n)
{
    struct check_value value = {.name = b->node->name, .n = n};
    check_unsupported_if(b, x.map == NULL, "an input is not computed");
    (void)check_add_layer(b, &value, CHECK_AFFINE);
    for (size_t i = 0; i < n; i++) {
        check_row_add(&b->rows, x.map[i], x.weight);
        if (y.map != NULL) {
            check_row_add(&b->rows, y.map[i],
                          y.weights == NULL ? y.weight : y.weights[i]);
        }
        check_row_end(&b->rows, bias);
    }
    return value.map;
}

/* relu(x + shift). */
static const uint32_t *add_relu(struct check_builder *b, const uint32_t *x,
                                double shift, size_t n)
{
    if (shift < 0.0 || shift > 0.0) {
        x = check_add_sum(b, (struct check_part_of){x, 1.0, NULL},
                          (struct check_part_of){0}, shift, n);
    }
    return check_add_neurons(b, CHECK_RELU, x, n);
}

/* b + relu(a - b), or a - relu(a - b). */
static const uint32_t *join(struct check_builder *b, const uint32_t *first,
                            const uint32_t *second, bool is_maximum, size_t n)
{
    const uint32_t *difference =
        check_add_sum(b, (struct check_part_of){first, 1.0, NULL},
                      (struct check_part_of){second, -1.0, NULL}, 0.0, n);
    const uint32_t *relu = check_add_neurons(b, CHECK_RELU, difference, n);
    return check_add_sum(
        b, (struct check_part_of){is_maximum ? second : first, 1.0, NULL},
        (struct check_part_of){relu, is_maximum ? 1.0 : -1.0, NULL}, 0.0, n);
}

void check_build_relu(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    output->map = check_add_neurons(b, CHECK_RELU, x.map, x.n);
}

/* LeakyRelu, PRelu and Abs: relu(x) + a * (x - relu(x)). */
void check_build_leaky(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    struct check_part_of rest = {
        .weight = strcmp(b->node->op, "Abs") == 0
                      ? -1.0
                      : check_real(b, "alpha", (double)0.01F)};
    if (strcmp(b->node->op, "PRelu") == 0) {
        const struct check_value slope = check_input(b, 1);
        const struct check_shape shape =
            check_broadcast(b, &x.shape, &slope.shape);
        check_unsupported_if(b,
                             slope.number == NULL || slope.type != x.type ||
                                 !check_is_same(&shape, &x.shape),
                             "slope that is no constant of its shape");
        rest.weights = check_arrange(b, &slope, &x.shape, false).number;
    }
    const struct check_part_of relu = {
        check_add_neurons(b, CHECK_RELU, x.map, x.n), 1.0, NULL};
    rest.map =
        check_add_sum(b, (struct check_part_of){x.map, 1.0, NULL},
                      (struct check_part_of){relu.map, -1.0, NULL}, 0.0, x.n);
    output->map = check_add_sum(b, relu, rest, 0.0, x.n);
}

/* An end of Clip: false if it is not given. */
static bool read_end(struct check_builder *b, double *end, const char *name,
                     size_t i)
{
    if (b->model.opset < 11) {
        check_malformed_if(b, check_has_input(b, i),
                           "an input of a later opset");
        *end = check_real(b, name, 0.0);
        for (size_t k = 0; k < b->node->n_attributes; k++) {
            if (strcmp(b->node->attributes[k].name, name) == 0) {
                return true;
            }
        }
    } else if (check_has_input(b, i)) {
        const struct check_value value = check_input(b, i);
        check_unsupported_if(b,
                             value.number == NULL || value.n != 1 ||
                                 !check_is_real(value.type),
                             "an end that is no constant scalar");
        *end = value.number[0];
        return true;
    }
    return false;
}

void check_build_clip(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    double ends[2] = {0.0, 0.0};
    const bool has_lower = read_end(b, &ends[0], "min", 1);
    const bool has_upper = read_end(b, &ends[1], "max", 2);
    struct check_part_of lower = {x.map, 1.0, NULL};
    struct check_part_of upper = {NULL, -1.0, NULL};
    if (has_lower && has_upper && ends[1] < ends[0]) {
        lower.weight = 0.0;
        ends[0] = ends[1];
    } else {
        if (has_lower) {
            lower.map = add_relu(b, x.map, -ends[0], x.n);
        }
        if (has_upper) {
            upper.map = add_relu(b, x.map, -ends[1], x.n);
        }
    }
    output->map =
        check_add_sum(b, lower, upper, has_lower ? ends[0] : 0.0, x.n);
}

void check_build_hard_sigmoid(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    const uint32_t *h = check_add_sum(
        b,
        (struct check_part_of){x.map, check_real(b, "alpha", (double)0.2F),
                               NULL},
        (struct check_part_of){0}, check_real(b, "beta", 0.5), x.n);
    const struct check_part_of lower = {add_relu(b, h, 0.0, x.n), 1.0, NULL};
    const struct check_part_of upper = {add_relu(b, h, -1.0, x.n), -1.0, NULL};
    output->map = check_add_sum(b, lower, upper, 0.0, x.n);
}

/* Max, Min and Sum, from the left: each step in the shape of those so far. */
void check_build_extremum(struct check_builder *b)
{
    struct check_value x = check_input(b, 0);
    check_compute(b, &x);
    for (size_t i = 1; i < b->node->inputs.n; i++) {
        struct check_value other = check_input(b, i);
        const struct check_shape shape =
            check_broadcast(b, &x.shape, &other.shape);
        check_malformed_if(b, other.type != x.type, "types differ");
        x = check_arrange(b, &x, &shape, false);
        other = check_arrange(b, &other, &shape, false);
        check_compute(b, &other);
        x.map =
            strcmp(b->node->op, "Sum") == 0
                ? check_add_sum(b, (struct check_part_of){x.map, 1.0, NULL},
                                (struct check_part_of){other.map, 1.0, NULL},
                                0.0, x.n)
                : join(b, x.map, other.map, strcmp(b->node->op, "Max") == 0,
                       x.n);
    }
    check_output(b, 0, x.type, &x.shape)->map = x.map;
}

/* One round of check_add_extrema: true if some list had two elements. */
static bool join_pairs(struct check_builder *b, uint32_t *lists, size_t *counts,
                       size_t n_lists, size_t room, bool is_maximum)
{
    uint32_t *first = new_map(b, n_lists * (room / 2));
    uint32_t *second = new_map(b, n_lists * (room / 2));
    size_t n = 0;
    for (size_t l = 0; l < n_lists; l++) {
        for (size_t i = 0; i + 1 < counts[l]; i += 2, n++) {
            first[n] = lists[l * room + i];
            second[n] = lists[l * room + i + 1];
        }
    }
    if (n == 0) {
        return false;
    }
    const uint32_t *joined = join(b, first, second, is_maximum, n);
    for (size_t l = 0; l < n_lists; l++) {
        const size_t n_pairs = counts[l] / 2;
        uint32_t *list = lists + l * room;
        if (counts[l] % 2 != 0) {
            list[n_pairs] = list[counts[l] - 1];
        }
        memcpy(list, joined, n_pairs * sizeof *list);
        joined += n_pairs;
        counts[l] -= n_pairs;
    }
    return true;
}

const uint32_t *check_add_extrema(struct check_builder *b,
                                  const uint32_t *items, size_t n_lists,
                                  size_t room, bool is_maximum)
{
    uint32_t *lists = new_map(b, n_lists * room);
    size_t *counts = check_arena_alloc(&b->arena, n_lists, sizeof *counts);
    uint32_t *extrema = new_map(b, n_lists);
    for (size_t l = 0; l < n_lists; l++) {
        for (size_t i = l * room; i < (l + 1) * room; i++) {
            if (items[i] != CHECK_NOTHING) {
                lists[l * room + counts[l]++] = items[i];
            }
        }
        check_malformed_if(b, counts[l] == 0, "a window lies in the padding");
    }
    while (join_pairs(b, lists, counts, n_lists, room, is_maximum)) {
    }
    for (size_t l = 0; l < n_lists; l++) {
        extrema[l] = lists[l * room];
    }
    return extrema;
}
