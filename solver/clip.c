/* x_i <= t where row.x + constant > 0 for all x of the box with x_i >= t. */
#include "solver/clip.h"

#include "proofs/sink.h"
#include "solver/prover_sum.h"
#include "src/base/require.h"

#include <math.h>
#include <string.h>

enum { CLIP_ROUNDS = 2 };

/*
 * The minimum of a row over a box is the sum of n + 1 terms, changed by each
 * cut, at most 2 CLIP_ROUNDS n times, with one addition and one product of an
 * entry and a difference. All these roundings together are below
 * 2^-52 (n + 1 + 8 CLIP_ROUNDS n) times the sum of the absolute terms, which
 * is below 2^-30 of it for n < 2^17. 2^-17 leaves room for the roundings of
 * the checker, which grow with the terms as well (tllverifybench).        (1)
 */
enum { MOST_INPUTS = 1 << 17 };

/* Fractions that must be gained for a slab to be worth its leaf. */
static const double LEAST_CUT = 3.0;

/* Below this a unit of the grid matters to what choose_place spares. */
static const double LEAST_WIDTH = 0x1p-22;

/* A face of the box about to move inwards. */
struct face {
    size_t input;
    bool is_upper;
};

/* Minimum of row r over the box, lowered by (1). */
static double row_minimum(const struct prover *p, size_t r)
{
    const size_t n = p->layers->n_inputs;
    const double *a = p->row + r * n;
    double minimum = p->constant[r];
    double size = fabs(minimum);
    for (size_t j = 0; j < n; j++) {
        minimum += a[j] * (a[j] > 0.0 ? p->lower[j] : p->upper[j]);
        size += fabs(a[j]) * fmax(fabs(p->lower[j]), fabs(p->upper[j]));
    }
    const double value = minimum - (0x1p-17 * size + 0x1p-900);
    return isfinite(value) ? value : -HUGE_VAL;
}

bool clip_refutes(const struct prover *p, const double *minimum, size_t d)
{
    for (size_t r = p->spec.first[d]; r < p->spec.first[d + 1]; r++) {
        if (minimum[r] > 2.0 * p->record.margin) {
            return true;
        }
    }
    return false;
}

void clip_note(struct prover *p, const double *minimum, size_t d)
{
    const size_t end = p->spec.first[d] + spec_n_atoms(&p->spec, d);
    bool by_atom = !spec_has_sum(&p->spec, d);
    for (size_t r = p->spec.first[d]; r < end && !by_atom; r++) {
        by_atom = minimum[r] > 2.0 * p->record.margin;
    }
    VEC_PUSH(&p->record.closed, (uint32_t)d);
    if (!by_atom) {
        prover_note_sum(p, d);
    }
}

/* How far inwards from its place the face may move, as far as rows
 * first[d] .. end - 1 are concerned: some row stays positive up to there. */
static double depth_of_disjunct(const struct prover *p, const double *minimum,
                                size_t d, size_t end, const struct face *face)
{
    const size_t n = p->layers->n_inputs;
    const double width = p->upper[face->input] - p->lower[face->input];
    double depth = 0.0;
    for (size_t r = p->spec.first[d]; r < end; r++) {
        const double entry = p->row[r * n + face->input];
        const double a = face->is_upper ? entry : -entry;
        if (minimum[r] > 2.0 * p->record.margin) {
            return width;
        }
        if (a > 0.0 && isfinite(minimum[r])) {
            const double missing = 2.0 * p->record.margin - minimum[r];
            depth = fmax(depth, width - missing / a);
        }
    }
    return depth;
}

/* The place k / SINK_FRACTIONS between the ends of an input. */
static double place_of(const struct prover *p, size_t input, unsigned k)
{
    const double lower = p->lower[input];
    const double upper = p->upper[input];
    if (p->record.is_on) {
        return record_fraction(lower, upper, k);
    }
    return lower + (upper - lower) * ((double)k / SINK_FRACTIONS);
}

/* The outermost place at which the face may be, as a number of fractions; 0
 * or SINK_FRACTIONS if it cannot move. */
static unsigned choose_place(const struct prover *p, const double *minimum,
                             const struct face *face)
{
    const double width = p->upper[face->input] - p->lower[face->input];
    double depth = width;
    for (size_t o = 0; o < p->n_open && depth > 0.0; o++) {
        const size_t d = p->open[o];
        depth = fmin(depth, depth_of_disjunct(p, minimum, d,
                                              p->spec.first[d + 1], face));
    }
    /* A little less, so that rounding of the place does not matter. */
    const double share = depth / width * SINK_FRACTIONS - 0x1p-10;
    if (!(share >= LEAST_CUT)) {
        return face->is_upper ? SINK_FRACTIONS : 0;
    }
    const unsigned most = SINK_FRACTIONS - 1;
    const unsigned k = share < most ? (unsigned)share : most;
    return face->is_upper ? SINK_FRACTIONS - k : k;
}

/* Moves the face to a place and raises the minima by (1). */
static void move_face(struct prover *p, double *minimum,
                      const struct face *face, double place)
{
    const size_t n = p->layers->n_inputs;
    double *end =
        face->is_upper ? &p->upper[face->input] : &p->lower[face->input];
    const double step = place - *end;
    for (size_t o = 0; o < p->n_open; o++) {
        const size_t d = p->open[o];
        for (size_t r = p->spec.first[d]; r < p->spec.first[d + 1]; r++) {
            const double a = p->row[r * n + face->input];
            minimum[r] += fmax(a * step, 0.0);
        }
    }
    *end = place;
}

/* Notes the sums of those disjuncts that no atom refutes in the slab between
 * the face and fraction k. */
static size_t note_slab(struct prover *p, const double *minimum,
                        const struct face *face, unsigned k)
{
    struct record *record = &p->record;
    size_t n_terms = 0;
    const double width = p->upper[face->input] - p->lower[face->input];
    const unsigned n_cut = face->is_upper ? SINK_FRACTIONS - k : k;
    for (size_t o = 0; o < p->n_open && p->record.is_on; o++) {
        const size_t d = p->open[o];
        const size_t end = p->spec.first[d] + spec_n_atoms(&p->spec, d);
        if (spec_has_sum(&p->spec, d) &&
            depth_of_disjunct(p, minimum, d, end, face) / width *
                        SINK_FRACTIONS -
                    0x1p-10 <
                n_cut) {
            const size_t before = record->terms.n;
            prover_note_sum(p, d);
            n_terms += record->terms.n - before;
            for (size_t t = before; t < record->terms.n; t++) {
                VEC_PUSH(&record->clip_terms, record->terms.data[t]);
            }
            record->terms.n = before;
        }
    }
    return n_terms;
}

static void clip_face(struct prover *p, double *minimum,
                      const struct face *face)
{
    const unsigned k = choose_place(p, minimum, face);
    const double width = p->upper[face->input] - p->lower[face->input];
    if (k == 0 || k == SINK_FRACTIONS ||
        (p->record.is_on && width < LEAST_WIDTH)) {
        return;
    }
    const double place = place_of(p, face->input, k);
    if (!(p->lower[face->input] < place && place < p->upper[face->input])) {
        return;
    }
    const struct record_clip clip = {
        .input = (uint32_t)face->input,
        .fraction = (uint8_t)k,
        .is_upper = face->is_upper,
        .n_terms = (uint32_t)note_slab(p, minimum, face, k),
    };
    VEC_PUSH(&p->record.clips, clip);
    p->stats.clips++;
    move_face(p, minimum, face, place);
}

void clip_box(struct prover *p, double *minimum)
{
    const size_t n = p->layers->n_inputs;
    for (size_t o = 0; o < p->n_open; o++) {
        const size_t d = p->open[o];
        for (size_t r = p->spec.first[d]; r < p->spec.first[d + 1]; r++) {
            minimum[r] = row_minimum(p, r);
        }
    }
    if (n >= MOST_INPUTS) {
        return;
    }
    for (int round = 0; round < CLIP_ROUNDS; round++) {
        for (size_t i = 0; i < n; i++) {
            if (p->lower[i] < p->upper[i]) {
                clip_face(p, minimum, &(struct face){i, true});
                clip_face(p, minimum, &(struct face){i, false});
            }
        }
    }
}
