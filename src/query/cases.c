/* Assertions to cases: boxes with disjunctions of linear atoms. */
#include "src/query/cases.h"

#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/num/rational.h"
#include "src/query/boxes.h"
#include "src/query/conjunct.h"
#include "vnnlib/dnf.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Disjuncts of one box while they are collected. */
struct draft {
    VEC(struct query_disjunct) disjuncts;
};

/*
 * The work in progress.
 *   common        bounds and atoms of every case, normalised
 *   lower, upper  [n_inputs] 1 + number of the common bound, or 0
 *   boxes         bounds of each case beyond the common ones
 *   drafts        [boxes.n] disjuncts of each case
 *   n_numbers     ends of boxes and terms of atoms so far
 */
struct build {
    struct conjunct_reader reader;
    struct conjunct common;
    size_t *lower;
    size_t *upper;
    struct boxes boxes;
    VEC(struct draft) drafts;
    size_t n_numbers;
    size_t n_empty;
};

/* Literals start .. end-1 of the array; it may be NULL if there are none. */
static enum status add_literals(struct conjunct *conjunct, struct build *build,
                                const struct dnf_literal *literals,
                                size_t start, size_t end, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = start; i < end && status == STATUS_OK; i++) {
        status = conjunct_add(conjunct, &build->reader, literals[i], error);
    }
    conjunct_normalise(conjunct);
    return status;
}

static void index_common(struct build *build)
{
    NEW_ARRAY(build->lower, build->reader.n_inputs);
    NEW_ARRAY(build->upper, build->reader.n_inputs);
    for (size_t i = 0; i < build->common.n_bounds; i++) {
        const struct conjunct_bound *bound = &build->common.bounds[i];
        size_t *side = bound->is_upper ? build->upper : build->lower;
        side[bound->variable] = i + 1;
    }
}

/* The common bound of this variable and side; NULL if there is none. */
static const struct conjunct_bound *common_bound(const struct build *build,
                                                 size_t variable, bool is_upper)
{
    const size_t number =
        is_upper ? build->upper[variable] : build->lower[variable];
    return number == 0 ? NULL : &build->common.bounds[number - 1];
}

/* The conjunction's own bounds and the common ones of the other side. */
static bool meets_common(const struct build *build, const struct conjunct *own)
{
    for (size_t i = 0; i < own->n_bounds; i++) {
        const struct conjunct_bound *bound = &own->bounds[i];
        const struct conjunct_bound *other =
            common_bound(build, bound->variable, !bound->is_upper);
        if (other == NULL) {
            continue;
        }
        const int order = bound->is_upper ? mpq_cmp(other->value, bound->value)
                                          : mpq_cmp(bound->value, other->value);
        if (order > 0 ||
            (order == 0 && (bound->is_strict || other->is_strict))) {
            return false;
        }
    }
    return true;
}

/* Drops own bounds that the common box already has or passes. */
static void drop_loose(const struct build *build, struct conjunct *own)
{
    size_t n = 0;
    for (size_t i = 0; i < own->n_bounds; i++) {
        struct conjunct_bound *bound = &own->bounds[i];
        const struct conjunct_bound *common =
            common_bound(build, bound->variable, bound->is_upper);
        if (common != NULL && conjunct_compare_tightness(bound, common) >= 0) {
            mpq_clear(bound->value);
        } else {
            own->bounds[n++] = *bound;
        }
    }
    own->n_bounds = n;
}

/* A disjunct with copies of the common atoms and the own atoms, which move
 * out of the conjunct. */
static struct query_disjunct make_disjunct(struct build *build,
                                           struct conjunct *own)
{
    const struct conjunct *common = &build->common;
    struct query_disjunct disjunct = {common->n_atoms + own->n_atoms, NULL};
    NEW_ARRAY(disjunct.atoms, disjunct.n_atoms);
    for (size_t i = 0; i < common->n_atoms; i++) {
        conjunct_copy_atom(&disjunct.atoms[i], &common->atoms[i]);
    }
    for (size_t i = 0; i < own->n_atoms; i++) {
        disjunct.atoms[common->n_atoms + i] = own->atoms[i];
    }
    own->n_atoms = 0;
    for (size_t i = 0; i < disjunct.n_atoms; i++) {
        build->n_numbers += disjunct.atoms[i].n_terms;
    }
    return disjunct;
}

/* One conjunction of the normal form becomes a disjunct of its case. */
static void place(struct build *build, struct conjunct *own)
{
    if (own->is_false) {
        return;
    }
    if (conjunct_is_empty(own) || !meets_common(build, own)) {
        build->n_empty++;
        return;
    }
    drop_loose(build, own);
    const size_t box = boxes_insert(&build->boxes, own);
    if (box == build->drafts.n) {
        const struct draft draft = {0};
        VEC_PUSH(&build->drafts, draft);
        build->n_numbers += 2 * build->reader.n_inputs;
    }
    const struct query_disjunct disjunct = make_disjunct(build, own);
    VEC_PUSH(&build->drafts.data[box].disjuncts, disjunct);
}

static enum status too_large(const struct build *build, struct error *error)
{
    error_set_place(error, build->reader.lib->path, 0, 0);
    error_set(error, "the cases of this property hold more than %zu numbers",
              CASES_LIMIT);
    return STATUS_UNSUPPORTED;
}

static enum status place_all(struct build *build, const struct dnf *dnf,
                             struct error *error)
{
    size_t start = 0;
    for (size_t k = 0; k < dnf->ends.n; k++) {
        struct conjunct own = {0};
        enum status status = add_literals(&own, build, dnf->literals.data,
                                          start, dnf->ends.data[k], error);
        if (status == STATUS_OK) {
            place(build, &own);
        }
        if (status == STATUS_OK && build->n_numbers > CASES_LIMIT) {
            status = too_large(build, error);
        }
        conjunct_clear(&own);
        if (status != STATUS_OK) {
            return status;
        }
        start = dnf->ends.data[k];
    }
    return STATUS_OK;
}

static void set_end(struct query_case *self, const struct conjunct_bound *bound)
{
    const size_t i = bound->variable;
    if (bound->is_upper) {
        mpq_set(self->upper[i], bound->value);
        self->upper_up[i] = rational_up(bound->value);
        self->is_upper_strict[i] = bound->is_strict;
    } else {
        mpq_set(self->lower[i], bound->value);
        self->lower_down[i] = rational_down(bound->value);
        self->is_lower_strict[i] = bound->is_strict;
    }
}

static void init_box(struct query_case *self, size_t n_inputs)
{
    self->lower = rational_create(n_inputs);
    self->upper = rational_create(n_inputs);
    NEW_ARRAY(self->lower_down, n_inputs);
    NEW_ARRAY(self->upper_up, n_inputs);
    NEW_ARRAY(self->is_lower_strict, n_inputs);
    NEW_ARRAY(self->is_upper_strict, n_inputs);
    for (size_t i = 0; i < n_inputs; i++) {
        self->lower_down[i] = -HUGE_VAL;
        self->upper_up[i] = HUGE_VAL;
    }
}

/* The common box, tightened by the case's own bounds. */
static void fill_case(struct query_case *self, const struct build *build,
                      size_t k)
{
    const size_t n_inputs = build->reader.n_inputs;
    const struct boxes_entry *entry = &build->boxes.entries[k];
    init_box(self, n_inputs);
    for (size_t i = 0; i < build->common.n_bounds; i++) {
        set_end(self, &build->common.bounds[i]);
    }
    for (size_t i = 0; i < entry->n_bounds; i++) {
        set_end(self, &entry->bounds[i]);
    }
    self->is_bounded = true;
    for (size_t i = 0; i < n_inputs; i++) {
        self->is_bounded = self->is_bounded && isfinite(self->lower_down[i]) &&
                           isfinite(self->upper_up[i]);
    }
    self->n_disjuncts = build->drafts.data[k].disjuncts.n;
    self->disjuncts = build->drafts.data[k].disjuncts.data;
    build->drafts.data[k].disjuncts.data = NULL;
    build->drafts.data[k].disjuncts.n = 0;
}

static enum status build_cases(struct query *query, struct build *build,
                               const struct dnf *dnf, struct error *error)
{
    struct conjunct *common = &build->common;
    enum status status =
        add_literals(common, build, dnf->common.data, 0, dnf->common.n, error);
    if (status != STATUS_OK || common->is_false) {
        return status;
    }
    if (conjunct_is_empty(common)) {
        build->n_empty = 1;
        return STATUS_OK;
    }
    index_common(build);
    status = place_all(build, dnf, error);
    if (status != STATUS_OK) {
        return status;
    }
    query->n_cases = build->boxes.n;
    NEW_ARRAY(query->cases, query->n_cases);
    for (size_t k = 0; k < query->n_cases; k++) {
        fill_case(&query->cases[k], build, k);
    }
    return STATUS_OK;
}

static void clear_disjuncts(struct query_disjunct *disjuncts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < disjuncts[i].n_atoms; k++) {
            conjunct_clear_atom(&disjuncts[i].atoms[k]);
        }
        alloc_free(disjuncts[i].atoms);
    }
    alloc_free(disjuncts);
}

static void clear_build(struct build *build)
{
    for (size_t k = 0; k < build->drafts.n; k++) {
        clear_disjuncts(build->drafts.data[k].disjuncts.data,
                        build->drafts.data[k].disjuncts.n);
    }
    VEC_CLEAR(&build->drafts);
    boxes_clear(&build->boxes);
    alloc_free(build->lower);
    alloc_free(build->upper);
    conjunct_clear(&build->common);
    linear_form_clear(&build->reader.form);
}

enum status cases_build(struct query *query, const struct vnnlib *lib,
                        const struct cases_names *names, struct error *error)
{
    struct dnf dnf = {0};
    const size_t n_inputs =
        names->ties.n > 0 ? names->ties.n_kept : names->n_inputs;
    struct build build = {.reader = {.lib = lib,
                                     .base = names->base,
                                     .n_inputs = n_inputs,
                                     .monomials = &names->monomials,
                                     .ties = &names->ties}};
    linear_form_init(&build.reader.form);
    enum status status = dnf_build(&dnf, lib, DNF_LIMIT, error);
    if (status == STATUS_OK) {
        status = build_cases(query, &build, &dnf, error);
    }
    query->n_empty = build.n_empty;
    if (status == STATUS_OK && build.n_empty > 0) {
        log_line(LOG_WARNING,
                 "%s: %zu of the conjunctions have an empty "
                 "input box and are left out",
                 lib->path, build.n_empty);
    }
    dnf_clear(&dnf);
    clear_build(&build);
    return status;
}

void cases_destroy(struct query_case *cases, size_t n_cases, size_t n_inputs)
{
    for (size_t k = 0; k < n_cases; k++) {
        struct query_case *self = &cases[k];
        rational_destroy(self->lower, n_inputs);
        rational_destroy(self->upper, n_inputs);
        alloc_free(self->lower_down);
        alloc_free(self->upper_up);
        alloc_free(self->is_lower_strict);
        alloc_free(self->is_upper_strict);
        clear_disjuncts(self->disjuncts, self->n_disjuncts);
    }
    alloc_free(cases);
}
