#include "benchmarks/models/course.h"

#include "src/base/log.h"

enum status course_add(struct instances *instances, const struct course *course,
                       struct error *error)
{
    enum status status = STATUS_OK;
    struct samples samples;
    struct samples tests;
    struct toy toy;
    struct rng rng;
    rng_init(&rng, course->seed);
    course->draw(&samples, course->n_train, &rng);
    course->draw(&tests, course->n_tests, &rng);

    toy_init(&toy, course->name, course->input);
    course->build(&toy);
    toy_draw(&toy, &rng);
    train(&toy, &samples, course->n_epochs, course->rate, &rng);
    log_line(LOG_NOTE, "%s: %zu neurons, %.1f %% of the tests right",
             course->name, toy_n_relus(&toy),
             100.0 * train_accuracy(&toy, &tests));

    STATUS_TRY(instances_add_network(instances, &toy, error));
    STATUS_TRY(course->add_families(instances, &tests, error));
    if (course->rounded != NULL) {
        toy_round_to_bytes(&toy);
        toy.name = course->rounded;
        STATUS_TRY(instances_add_network(instances, &toy, error));
    }
cleanup:
    samples_clear(&samples);
    samples_clear(&tests);
    toy_clear(&toy);
    return status;
}
