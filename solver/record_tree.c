/* Splits and leaves in the numbering of proofs/FORMAT.md. */
#include "solver/record_tree.h"

#include "solver/record_ends.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/base/vec.h"

/* Names the value that a neuron split is at, by the first neurons that read
 * its layer. */
static void name_neuron(struct sink_split *event, const struct layers *layers,
                        const struct split *split)
{
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        if (!layer_has_neurons(layer)) {
            continue;
        }
        const bool is_other =
            layer->kind == LAYER_PRODUCT && layer->source != split->layer;
        if ((is_other ? layer->other : layer->source) == split->layer) {
            const size_t first = is_other ? layer->width : 0;
            event->element = (uint32_t)(first + split->index);
            return;
        }
        event->index++;
    }
    REQUIRE(false);
}

/* Neuron splits of the record above a node. */
static uint32_t rank_of(const struct node *node)
{
    return node->depth == 0 ? 0 : node->path[node->depth - 1].rank;
}

/*
 * The lemmas and closings of a node.
 *   multipliers  of all combinations; room for all terms of the record, so
 *                that pointers into it stay valid
 *   n_terms      of the lemmas added
 *   rank         neuron splits above the place of what is added next
 */
struct payload {
    uint32_t rank;
    VEC(struct sink_slope) slopes;
    VEC(struct sink_lemma) lemmas;
    VEC(struct sink_closing) closings;
    struct sink_multiplier *multipliers;
    size_t n_multipliers;
    size_t n_terms;
};

static struct sink_multiplier multiplier_of(const struct payload *payload,
                                            const struct node *node,
                                            const struct record_term *term)
{
    return (struct sink_multiplier){
        term->is_literal ? payload->rank - node->path[term->index].rank
                         : term->index,
        term->multiplier};
}

/* The terms of one disjunct, atoms or literals; returns their number. */
static size_t gather(struct payload *payload, const struct record *record,
                     const struct node *node, size_t disjunct, bool is_literal)
{
    const size_t first = payload->n_multipliers;
    for (size_t t = 0; t < record->terms.n; t++) {
        const struct record_term *term = &record->terms.data[t];
        if (term->disjunct == disjunct && term->is_literal == is_literal) {
            payload->multipliers[payload->n_multipliers++] =
                multiplier_of(payload, node, term);
        }
    }
    return payload->n_multipliers - first;
}

static void add_closing(struct payload *payload, const struct record *record,
                        const struct node *node, uint32_t disjunct)
{
    struct sink_closing closing = {.disjunct = disjunct};
    struct sink_combination *by = &closing.by;
    by->atoms = payload->multipliers + payload->n_multipliers;
    by->n_atoms = gather(payload, record, node, disjunct, false);
    by->literals = payload->multipliers + payload->n_multipliers;
    by->n_literals = gather(payload, record, node, disjunct, true);
    closing.is_default = by->n_atoms + by->n_literals == 0;
    VEC_PUSH(&payload->closings, closing);
}

/* The next n lemmas of the record. */
static void add_lemmas(struct payload *payload, const struct record *record,
                       const struct node *node, size_t n)
{
    size_t term = payload->n_terms;
    const size_t end = payload->lemmas.n + n;
    for (size_t i = payload->lemmas.n; i < end; i++) {
        const struct record_lemma *from = &record->lemmas.data[i];
        struct sink_multiplier *multipliers =
            payload->multipliers + payload->n_multipliers;
        struct sink_lemma lemma = {
            .relu = from->relu,
            .element = from->element,
            .is_upper = from->is_upper,
            .by = {.atoms = multipliers},
        };
        for (size_t t = 0; t < from->n_terms; t++, term++) {
            const struct record_term *one = &record->lemma_terms.data[term];
            multipliers[t] = multiplier_of(payload, node, one);
            lemma.by.n_atoms += one->is_literal ? 0 : 1;
        }
        lemma.by.literals = multipliers + lemma.by.n_atoms;
        lemma.by.n_literals = from->n_terms - lemma.by.n_atoms;
        payload->n_multipliers += from->n_terms;
        payload->n_terms += from->n_terms;
        VEC_PUSH(&payload->lemmas, lemma);
    }
}

/* A node under construction: number and what is to be told about it. */
struct place {
    struct sink *sink;
    uint32_t node;
    struct sink_step step;
};

/* Closes the slab of a clip, whose terms begin at `first`. */
static void close_slab(struct sink *sink, uint32_t node,
                       const struct record *record,
                       const struct record_clip *clip, size_t first)
{
    VEC(struct sink_closing) closings = {0};
    struct sink_multiplier *multipliers;
    NEW_ARRAY(multipliers, clip->n_terms);
    for (size_t t = 0; t < clip->n_terms; t++) {
        const struct record_term *term = &record->clip_terms.data[first + t];
        if (t == 0 || term->disjunct != term[-1].disjunct) {
            const struct sink_closing closing = {
                .disjunct = term->disjunct, .by = {.atoms = multipliers + t}};
            VEC_PUSH(&closings, closing);
        }
        multipliers[t] =
            (struct sink_multiplier){term->index, term->multiplier};
        closings.data[closings.n - 1].by.n_atoms++;
    }
    const struct sink_step step = {.n_closings = closings.n,
                                   .closings = closings.data};
    sink_close(sink, node, &step);
    VEC_CLEAR(&closings);
    alloc_free(multipliers);
}

/* Makes the clips begin .. end - 1 splits, each with a leaf for the slab; goes
 * on to what is left. */
static void cut(struct place *place, const struct record *record, size_t begin,
                size_t end)
{
    size_t term = 0;
    for (size_t i = 0; i < begin; i++) {
        term += record->clips.data[i].n_terms;
    }
    for (size_t i = begin; i < end; i++) {
        const struct record_clip *clip = &record->clips.data[i];
        const struct sink_split event = {
            .kind = SINK_INPUT,
            .index = clip->input,
            .threshold_kind = SINK_FRACTION,
            .fraction = clip->fraction,
        };
        const uint32_t first =
            sink_split(place->sink, place->node, &event, &place->step);
        close_slab(place->sink, clip->is_upper ? first + 1 : first, record,
                   clip, term);
        term += clip->n_terms;
        place->node = clip->is_upper ? first : first + 1;
        place->step = (struct sink_step){0};
    }
}

/* Splits at a stable neuron; goes on to the child that is not empty. */
static void set_apart(struct place *place, const struct record_apart *apart)
{
    const struct sink_split event = {
        .kind = SINK_NEURON,
        .index = apart->relu,
        .element = apart->element,
    };
    REQUIRE(apart->is_known);
    const uint32_t first =
        sink_split(place->sink, place->node, &event, &place->step);
    const uint32_t left = apart->is_active ? 1 : 0;
    sink_close(place->sink, first + 1 - left, NULL);
    place->node = first + left;
    place->step = (struct sink_step){0};
}

/* Tells the steps of the node, up to the last one. */
static void tell_steps(struct place *place, struct payload *payload,
                       const struct record *record, const struct node *node)
{
    struct record_ends ends = {.record = record};
    size_t n_closed = 0;
    for (size_t i = 0; i < record->slopes.n; i++) {
        const struct record_slope *slope = &record->slopes.data[i];
        const struct sink_slope event = {slope->relu, slope->element,
                                         slope->value};
        VEC_PUSH(&payload->slopes, event);
    }
    for (size_t s = 0; s < record->steps.n; s++) {
        const size_t n_ends = record->steps.data[s].n_ends;
        payload->rank += s == 0 ? 0 : n_ends == 0 ? 1 : (uint32_t)n_ends;
        for (size_t i = 0; i < record->steps.data[s].n_closed; i++) {
            add_closing(payload, record, node,
                        record->closed.data[n_closed + i]);
        }
        n_closed += record->steps.data[s].n_closed;
        add_lemmas(payload, record, node, record->steps.data[s].n_lemmas);
    }
    ends.slopes = payload->slopes.data;
    n_closed = 0;
    size_t n_lemmas = 0;
    for (size_t s = 0; s < record->steps.n; s++) {
        const struct record_step *step = &record->steps.data[s];
        if (s > 0 && step->n_ends == 0) {
            set_apart(place, &record->apart);
        }
        if (step->n_ends > 0) {
            place->node = record_ends_tell(&ends, step->n_ends, place->sink,
                                           place->node, &place->step);
            place->step = (struct sink_step){0};
        }
        if (s > 0) {
            place->step.refresh = step->refresh;
        }
        place->step.n_slopes = step->n_slopes;
        place->step.slopes =
            step->n_slopes == 0 ? NULL : payload->slopes.data + ends.n_slopes;
        place->step.n_lemmas = step->n_lemmas;
        place->step.lemmas =
            step->n_lemmas == 0 ? NULL : payload->lemmas.data + n_lemmas;
        place->step.n_closings = step->n_closed;
        place->step.closings =
            step->n_closed == 0 ? NULL : payload->closings.data + n_closed;
        ends.n_slopes += step->n_slopes;
        n_lemmas += step->n_lemmas;
        n_closed += step->n_closed;
    }
}

/* Tells about the node up to its split or its closing, which place then waits
 * for; the payload must be kept until after that. */
static void tell(struct place *place, struct payload *payload,
                 const struct prover *prover, const struct node *node)
{
    const struct record *record = &prover->record;
    NEW_ARRAY(payload->multipliers, record->terms.n + record->lemma_terms.n);
    payload->rank = rank_of(node);
    if (record->steps.n > 0) {
        cut(place, record, 0, record->n_early);
        place->step.refresh = record->refresh;
        tell_steps(place, payload, record, node);
        return;
    }
    add_lemmas(payload, record, node, record->lemmas.n);
    for (size_t i = 0; i < record->closed.n; i++) {
        add_closing(payload, record, node, record->closed.data[i]);
    }
    cut(place, record, 0, record->n_early);
    place->step.refresh = record->refresh;
    place->step.n_lemmas = payload->lemmas.n;
    place->step.lemmas = payload->lemmas.data;
    place->step.n_closings = record->n_closed;
    place->step.closings = payload->closings.data;
    if (record->n_early < record->clips.n) {
        cut(place, record, record->n_early, record->clips.n);
        place->step.n_closings = record->closed.n - record->n_closed;
        place->step.closings = place->step.n_closings == 0
                                   ? NULL
                                   : payload->closings.data + record->n_closed;
    } else {
        place->step.n_closings = record->closed.n;
    }
}

static void payload_clear(struct payload *payload)
{
    VEC_CLEAR(&payload->slopes);
    VEC_CLEAR(&payload->lemmas);
    VEC_CLEAR(&payload->closings);
    alloc_free(payload->multipliers);
}

void record_tree_split(struct sink *sink, const struct prover *prover,
                       const struct node *node, const struct split *split,
                       struct node *const child[2])
{
    const bool is_input = split->kind == SPLIT_INPUT;
    struct sink_split event = {
        .kind = is_input ? SINK_INPUT : SINK_NEURON,
        .index = is_input ? split->index : 0,
        .threshold_kind = SINK_MIDPOINT,
        .threshold = split->threshold,
    };
    if (!is_input) {
        name_neuron(&event, prover->layers, split);
    }
    struct place place = {.sink = sink, .node = node->record};
    struct payload payload = {0};
    tell(&place, &payload, prover, node);
    const uint32_t first = sink_split(sink, place.node, &event, &place.step);
    for (uint32_t side = 0; side < 2; side++) {
        child[side]->record = first + side;
        child[side]->path[node->depth].rank = payload.rank + (is_input ? 0 : 1);
    }
    payload_clear(&payload);
}

void record_tree_close(struct sink *sink, const struct prover *prover,
                       const struct node *node)
{
    struct place place = {.sink = sink, .node = node->record};
    struct payload payload = {0};
    tell(&place, &payload, prover, node);
    sink_close(sink, place.node, &place.step);
    payload_clear(&payload);
}
