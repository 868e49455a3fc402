/* Ten glyphs, shifted, dimmed and covered with noise; conv-relu network. */
#include "benchmarks/models/digits.h"

#include "benchmarks/models/course.h"

#include <stdbool.h>

enum { SIDE = 8, N_PIXELS = SIDE * SIDE, N_DIGITS = 10 };
enum { GLYPH_WIDTH = 5, GLYPH_HEIGHT = 7 };
enum { N_TRAIN = 3000, N_TEST = 500, EPOCHS = 8, SEED = 7 };
enum { PIXEL_STEPS = 1000 };

/* One row of five pixels after the other; '#' is ink. */
static const char *const GLYPHS[N_DIGITS] = {
    ".###."
    "#...#"
    "#...#"
    "#...#"
    "#...#"
    "#...#"
    ".###.",
    "..#.."
    ".##.."
    "#.#.."
    "..#.."
    "..#.."
    "..#.."
    "#####",
    ".###."
    "#...#"
    "....#"
    "...#."
    "..#.."
    ".#..."
    "#####",
    "####."
    "....#"
    "....#"
    ".###."
    "....#"
    "....#"
    "####.",
    "#...#"
    "#...#"
    "#...#"
    "#####"
    "....#"
    "....#"
    "....#",
    "#####"
    "#...."
    "#...."
    "####."
    "....#"
    "....#"
    "####.",
    "..##."
    ".#..."
    "#...."
    "####."
    "#...#"
    "#...#"
    ".###.",
    "#####"
    "....#"
    "...#."
    "...#."
    "..#.."
    "..#.."
    ".#...",
    ".###."
    "#...#"
    "#...#"
    ".###."
    "#...#"
    "#...#"
    ".###.",
    ".###."
    "#...#"
    "#...#"
    ".####"
    "....#"
    "...#."
    ".##..",
};

/* Pixels in [0, 1], multiples of 1 / PIXEL_STEPS. */
static void digits_draw(double *pixel, size_t digit, struct rng *rng)
{
    const size_t left = rng_below(rng, SIDE - GLYPH_WIDTH + 1);
    const size_t top = rng_below(rng, SIDE - GLYPH_HEIGHT + 1);
    const double ink = rng_range(rng, 0.6, 0.9);
    for (size_t i = 0; i < N_PIXELS; i++) {
        const size_t row = i / SIDE - top;
        const size_t column = i % SIDE - left;
        const bool is_ink = row < GLYPH_HEIGHT && column < GLYPH_WIDTH &&
                            GLYPHS[digit][row * GLYPH_WIDTH + column] == '#';
        const double noise = rng_range(rng, -0.15, 0.15);
        const double value = (is_ink ? ink : 0.1) + noise;
        const double held = value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value;
        pixel[i] = (double)(int)(held * PIXEL_STEPS + 0.5) / PIXEL_STEPS;
    }
}

static void digits_make(struct samples *samples, size_t n, struct rng *rng)
{
    *samples =
        (struct samples){.n = n, .n_inputs = N_PIXELS, .n_outputs = N_DIGITS};
    NEW_ARRAY(samples->x, n * N_PIXELS);
    NEW_ARRAY(samples->label, n);
    for (size_t i = 0; i < n; i++) {
        samples->label[i] = i % N_DIGITS;
        digits_draw(samples->x + i * N_PIXELS, samples->label[i], rng);
    }
}

static enum status digits_add_families(struct instances *instances,
                                       const struct samples *tests,
                                       struct error *error)
{
    static const size_t chosen[] = {0, 3, 5, 8};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        struct family family;
        family_init(&family, "noise on an image does not change its digit",
                    N_PIXELS, N_DIGITS, 0.0, 1.0);
        family_set_ball(&family, tests->x + chosen[i] * N_PIXELS, 0.002);
        rule_keep_highest(&family.rule, tests->label[chosen[i]]);
        family.n_sizes = 120;
        family.margin = 0.05;
        family.hard_percent = 15;
        family.version = i == 3 ? 2 : 1;
        STATUS_TRY(instances_add_family(instances, &family, error));
    }
cleanup:
    return status;
}

static void digits_build(struct toy *toy)
{
    toy_add_conv(toy, 4, 1);
    toy_add_relu(toy);
    toy_add_conv(toy, 6, 2);
    toy_add_relu(toy);
    toy_add_gemm(toy, 24);
    toy_add_relu(toy);
    toy_add_gemm(toy, N_DIGITS);
}

enum status digits_add(struct instances *instances, struct error *error)
{
    static const struct course course = {.name = "digits",
                                         .seed = SEED,
                                         .input = {1, SIDE, SIDE},
                                         .n_train = N_TRAIN,
                                         .n_tests = N_TEST,
                                         .n_epochs = EPOCHS,
                                         .rate = 0.004,
                                         .draw = digits_make,
                                         .build = digits_build,
                                         .add_families = digits_add_families};
    return course_add(instances, &course, error);
}
