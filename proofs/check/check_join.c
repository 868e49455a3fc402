/* Coordinates of the parts, renumbered; then layers of products.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_join.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_sha.h"

#include <string.h>

/*
 * The network that is being put together.
 *   input   [inputs as declared] their coordinates
 *   output  [outputs as declared, then products] theirs
 */
struct join {
    const struct check_property *property;
    struct check_network *network;
    uint32_t *input;
    uint32_t *output;
};

static struct check_layer *add_layer(struct join *join, enum check_kind kind,
                                     size_t width)
{
    struct check_network *network = join->network;
    if (width > UINT32_MAX - network->n_coordinates) {
        check_unsupported("%s: too many values", join->property->file.path);
    }
    network->layers =
        check_arena_grow(&network->arena, network->layers, network->n_layers,
                         sizeof *network->layers);
    struct check_layer *layer = &network->layers[network->n_layers++];
    *layer = (struct check_layer){
        .kind = kind, .first = network->n_coordinates, .width = width};
    network->n_coordinates += width;
    return layer;
}

/* Makes the layer, the last one, that of the next neurons. */
static void number_neurons(struct check_network *network,
                           struct check_layer *layer)
{
    network->relu = check_arena_grow(&network->arena, network->relu,
                                     network->n_relus, sizeof *network->relu);
    layer->relu = network->n_relus;
    network->relu[network->n_relus++] = network->n_layers - 1;
}

/* The inputs: those that remain, and rows for those that differ from them. */
static void add_inputs(struct join *join)
{
    const struct check_ties *ties = &join->property->ties;
    struct check_network *network = join->network;
    size_t n_rows = 0;
    network->n_inputs = network->n_coordinates = ties->n_kept;
    for (size_t i = 0; i < ties->n; i++) {
        n_rows += mpq_sgn(ties->offset[i]) == 0 ? 0 : 1;
    }
    struct check_layer *layer =
        n_rows == 0 ? NULL : add_layer(join, CHECK_AFFINE, n_rows);
    if (layer != NULL) {
        struct check_arena *arena = &network->arena;
        layer->start =
            check_arena_alloc(arena, n_rows + 1, sizeof *layer->start);
        layer->column = check_arena_alloc(arena, n_rows, sizeof(uint32_t));
        layer->weight = check_arena_alloc(arena, n_rows, sizeof(double));
        layer->bias = check_arena_alloc(arena, n_rows, sizeof(double));
    }
    size_t row = 0;
    for (size_t i = 0; i < ties->n; i++) {
        join->input[i] = (uint32_t)ties->kept[i];
        if (layer == NULL || mpq_sgn(ties->offset[i]) == 0) {
            continue;
        }
        layer->start[row + 1] = row + 1;
        layer->column[row] = (uint32_t)ties->kept[i];
        layer->weight[row] = 1;
        layer->bias[row] = mpq_get_d(ties->offset[i]);
        join->input[i] = (uint32_t)(layer->first + row++);
    }
}

/* Takes over the layers of a part whose inputs are join->input[first ..]. */
static void add_part(struct join *join, struct check_network *part,
                     size_t first)
{
    struct check_network *network = join->network;
    const size_t base = network->n_coordinates;
    const uint32_t *input = join->input + first;
    const size_t n_inputs = part->n_inputs;
#define PLACE(c) ((uint32_t)((c) < n_inputs ? input[c] : (c)-n_inputs + base))
    for (size_t l = 0; l < part->n_layers; l++) {
        struct check_layer *from = &part->layers[l];
        const size_t place = PLACE(from->first);
        struct check_layer *layer = add_layer(join, from->kind, from->width);
        *layer = *from;
        from->factor = NULL; /* the joined network frees it */
        layer->first = place;
        for (size_t k = 0;
             layer->kind == CHECK_AFFINE && k < layer->start[layer->width];
             k++) {
            layer->column[k] = PLACE(layer->column[k]);
        }
        for (size_t k = 0;
             layer->kind != CHECK_AFFINE && k < check_n_sources(layer); k++) {
            layer->source[k] = PLACE(layer->source[k]);
        }
        if (layer->kind != CHECK_AFFINE && layer->kind != CHECK_SCALE) {
            number_neurons(network, layer);
        }
    }
    for (size_t j = 0; j < part->n_outputs; j++) {
        join->output[network->n_outputs++] = PLACE(part->output[j]);
    }
#undef PLACE
    network->n_coordinates = base + part->n_coordinates - n_inputs;
    network->is_curved = network->is_curved || part->is_curved;
    network->n_products += part->n_products;
}

/* Coordinate of a variable as declared. */
static uint32_t place_of(const struct join *join, uint64_t variable)
{
    return variable < CHECK_OUTPUT ? join->input[variable]
                                   : join->output[variable - CHECK_OUTPUT];
}

/* A layer of the monomials start .. end-1, each that without its last factor,
 * times that factor. */
static void add_products(struct join *join, size_t start, size_t end)
{
    const struct check_monomials *monomials = &join->property->monomials;
    struct check_network *network = join->network;
    const size_t n = end - start;
    uint32_t *source =
        check_arena_alloc(&network->arena, 2 * n, sizeof *source);
    bool is_square = true;
    for (size_t i = 0; i < n; i++) {
        struct check_monomial left = monomials->data[start + i];
        source[n + i] = place_of(join, left.factor[--left.degree]);
        source[i] = left.degree == 1
                        ? place_of(join, left.factor[0])
                        : join->output[join->property->n_elements[1] +
                                       check_monomials_find(monomials, &left)];
        is_square = is_square && source[i] == source[n + i];
    }
    struct check_layer *layer =
        add_layer(join, is_square ? CHECK_CURVED : CHECK_PRODUCT, n);
    layer->curve = CHECK_SQUARE;
    layer->source = source;
    number_neurons(network, layer);
    for (size_t i = 0; i < n; i++) {
        join->output[network->n_outputs++] = (uint32_t)(layer->first + i);
    }
    network->is_curved = true;
}

/* Squares, other products of two, products of three, ...: a layer each. */
static void add_all_products(struct join *join)
{
    const struct check_monomials *monomials = &join->property->monomials;
    const size_t n = join->property->n_products;
    size_t end = 0;
    for (size_t start = 0; start < n; start = end) {
        const struct check_monomial *first = &monomials->data[start];
        const bool is_square =
            first->degree == 2 && first->factor[0] == first->factor[1];
        end = start;
        while (end < n && monomials->data[end].degree == first->degree &&
               (first->degree > 2 ||
                (monomials->data[end].factor[0] ==
                 monomials->data[end].factor[1]) == is_square)) {
            end++;
        }
        struct check_network *network = join->network;
        network->output_tensors = check_arena_grow(
            &network->arena, network->output_tensors, network->n_output_tensors,
            sizeof *network->output_tensors);
        network->output_tensors[network->n_output_tensors++] =
            (struct check_tensor){
                "products", CHECK_FLOAT64, 1, {end - start}, end - start};
        add_products(join, start, end);
    }
}

/* What the dump shows: input tensors without what does not remain. */
static void add_tensors(struct join *join, const struct check_network *part,
                        size_t first)
{
    struct check_network *network = join->network;
    const struct check_ties *ties = &join->property->ties;
    for (size_t t = 0; t < part->n_input_tensors; t++) {
        struct check_tensor tensor = part->input_tensors[t];
        const size_t n = tensor.n;
        for (size_t i = first; i < first + n; i++) {
            tensor.n -= ties->source[i] == i ? 0 : 1;
        }
        first += n;
        if (tensor.n < n) {
            tensor.n_dims = 1;
            tensor.dims[0] = tensor.n;
        }
        if (tensor.n > 0) {
            network->input_tensors =
                check_arena_grow(&network->arena, network->input_tensors,
                                 network->n_input_tensors, sizeof tensor);
            network->input_tensors[network->n_input_tensors++] = tensor;
        }
    }
    for (size_t t = 0; t < part->n_output_tensors; t++) {
        network->output_tensors = check_arena_grow(
            &network->arena, network->output_tensors, network->n_output_tensors,
            sizeof *network->output_tensors);
        network->output_tensors[network->n_output_tensors++] =
            part->output_tensors[t];
    }
}

/* The SHA-256 of the hashes of the parts' files, or of the only part. */
static void hash_parts(struct check_network *network)
{
    unsigned char *hashes = check_alloc(network->n_parts, 32);
    for (size_t k = 0; k < network->n_parts; k++) {
        memcpy(hashes + 32 * k, network->parts[k]->hash, 32);
    }
    if (network->n_parts == 1) {
        memcpy(network->hash, hashes, 32);
    } else {
        check_sha256(network->hash, hashes, 32 * network->n_parts);
    }
    check_free(hashes);
}

static struct check_network *join_parts(const struct check_property *property,
                                        struct check_network **parts)
{
    struct check_network *network = check_alloc(1, sizeof *network);
    struct join join = {.property = property, .network = network};
    network->parts = parts;
    network->n_parts = property->n_networks;
    network->file.path = parts[0]->file.path;
    hash_parts(network);
    join.input = check_alloc(property->n_elements[0], sizeof *join.input);
    join.output = check_alloc(property->n_elements[1] + property->n_products,
                              sizeof *join.output);
    add_inputs(&join);
    size_t first = 0;
    for (size_t k = 0; k < network->n_parts; k++) {
        add_tensors(&join, parts[k], first);
        add_part(&join, parts[k], first);
        first += parts[k]->n_inputs;
    }
    add_all_products(&join);
    network->output = join.output;
    check_free(join.input);
    return network;
}

/* The file given for network k, or NULL. */
static const char *find_file(const struct check_property *property, size_t k,
                             const char *const *files, size_t n)
{
    const struct check_named *network = &property->networks[k];
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        if (strlen(files[i]) > network->n_name &&
            memcmp(files[i], network->name, network->n_name) == 0 &&
            files[i][network->n_name] == '=') {
            if (found != NULL) {
                check_usage("two files are given for a network; see --help");
            }
            found = files[i] + network->n_name + 1;
        }
    }
    return found;
}

/* Loads network k with the hidden tensors that the property declares. */
static struct check_network *load_part(const struct check_property *property,
                                       size_t k, const char *file)
{
    size_t n = 0;
    const char **names = check_alloc(property->n_variables, sizeof *names);
    char **texts = check_alloc(property->n_variables, sizeof *texts);
    for (size_t i = 0; i < property->n_variables; i++) {
        const struct check_variable *variable = &property->variables[i];
        if (variable->network == k && variable->hidden != NULL) {
            texts[n] = check_alloc(variable->n_hidden + 1, 1);
            memcpy(texts[n], variable->hidden, variable->n_hidden);
            names[n] = texts[n];
            n++;
        }
    }
    struct check_network *part = check_network_load_hidden(file, names, n);
    for (size_t i = 0; i < n; i++) {
        check_free(texts[i]);
    }
    check_free(texts);
    check_free(names);
    return part;
}

struct check_network *check_networks_load(const struct check_property *property,
                                          const char *const *files, size_t n)
{
    const size_t n_parts = property->n_networks;
    struct check_network **parts =
        check_alloc(n_parts, sizeof(struct check_network *));
    size_t n_used = 0;
    for (size_t k = 0; k < n_parts; k++) {
        const char *file =
            n_parts == 1 ? files[0] : find_file(property, k, files, n);
        n_used += file == NULL ? 0 : 1;
        if (n_parts > 1 && file == NULL && property->networks[k].is_equal) {
            file = find_file(property, property->networks[k].same, files, n);
        }
        if (file == NULL) {
            check_usage("no NAME=FILE for network %zu of the property", k + 1);
        }
        parts[k] = load_part(property, k, file);
        check_query_bind(property, parts[k], k);
        if (n_parts > 1 && property->networks[k].is_equal &&
            memcmp(parts[k]->hash, parts[property->networks[k].same]->hash,
                   32) != 0) {
            check_unreadable("%s: differs from the network it is to equal",
                             file);
        }
    }
    if (n_used != n) {
        check_usage("more networks than the property has; see --help");
    }
    if (n_parts == 1 && property->n_products == 0) {
        struct check_network *only = parts[0];
        check_free(parts);
        return only;
    }
    return join_parts(property, parts);
}

struct check_network *
check_networks_load_cells(const struct check_property *property,
                          const char *const *files, size_t n)
{
    bool has_hidden = false;
    for (size_t i = 0; i < property->n_variables; i++) {
        has_hidden = has_hidden || property->variables[i].hidden != NULL;
    }
    if (property->n_networks != 1 || property->n_products != 0 || has_hidden) {
        check_unsupported("cells of several networks, hidden tensors or "
                          "products");
    }
    if (n != 1) {
        check_usage("more networks than the property has; see --help");
    }
    struct check_network *network = check_network_load_cells(files[0]);
    check_query_bind(property, network, 0);
    return network;
}
