/*
 * Mutants of accepted certificates: each must be rejected by the checker, or
 * else be a proof by its slow twin.
 * Usage: mutate [--seed N] [--count N | --hours H] [--only K] [--workers N]
 *               FOLDER LIST
 *        mutate --models FOLDER, see models.h
 * LIST has lines `holds|fails NETWORK PROPERTY CERTIFICATE`; a certificate
 * listed with a property that fails was made for another and is rebound to it.
 * Mutants that fail are left in FOLDER. Exit status: 0, or 1 if some did.
 */
#include "src/base/require.h"
#include "tests/mutate/judge.h"
#include "tests/mutate/models.h"
#include "tests/ref/ref_certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SUBJECTS = 256, MOST_FAULTS = 64, MOST_WORKERS = 64 };

/* What became of the mutants. */
enum outcome {
    REJECTED,     /* exit status 1 */
    MALFORMED,    /* 3 */
    UNSUPPORTED,  /* 4 */
    TIMED_OUT,    /* the checker took too long */
    CONFIRMED,    /* accepted, and by the twin */
    BY_WORDS,     /* accepted by words, refused by integers and the twin; the
                     claim itself is not changed and holds */
    TWIN_GAVE_UP, /* accepted, too large for the twin */
    WRONG,        /* accepted, but no proof; or a crash */
    N_OUTCOMES
};

static const char *const outcome_names[N_OUTCOMES] = {"rejected",
                                                      "malformed",
                                                      "unsupported",
                                                      "timed out",
                                                      "accepted, confirmed",
                                                      "accepted, by words only",
                                                      "accepted, twin gave up",
                                                      "WRONG"};

struct subject {
    bool is_safe;
    struct mutant files;
    struct reading reading;
};

struct options {
    uint64_t seed;
    size_t count;
    double seconds; /* 0: by count */
    size_t only;    /* SIZE_MAX: all */
    size_t n_workers;
    const char *folder;
};

/* Shared by the workers; each has its own. */
struct counts {
    size_t of[MOST_FAULTS][N_OUTCOMES];
};

static struct subject subjects[MOST_SUBJECTS];
static size_t n_subjects;

static struct ref_bytes read_file(const char *path)
{
    struct ref_bytes bytes = {0};
    unsigned char buffer[4096];
    size_t n = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0) {
        ref_bytes_append(&bytes, buffer, n);
    }
    (void)fclose(file);
    ref_bytes_append(&bytes, "", 1); /* texts end with a zero behind them */
    bytes.n--;
    return bytes;
}

static void load_list(const char *path)
{
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    char kind[16];
    char names[3][512];
    while (fscanf(file, "%15s %511s %511s %511s", kind, names[0], names[1],
                  names[2]) == 4) {
        REQUIRE(n_subjects < MOST_SUBJECTS);
        struct subject *subject = &subjects[n_subjects++];
        subject->is_safe = strcmp(kind, "holds") == 0;
        subject->files = (struct mutant){
            read_file(names[0]), read_file(names[1]), read_file(names[2])};
        reading_open(&subject->reading, names[0], names[1]);
        reading_bind(&subject->files.certificate, &subject->reading);
        repair_end(&subject->files.certificate);
    }
    (void)fclose(file);
}

static void copy_bytes(struct ref_bytes *copy, const struct ref_bytes *bytes)
{
    *copy = (struct ref_bytes){0};
    ref_bytes_append(copy, bytes->data, bytes->n);
    ref_bytes_append(copy, "", 1);
    copy->n--;
}

static struct mutant copy_mutant(const struct mutant *from)
{
    struct mutant mutant;
    copy_bytes(&mutant.network, &from->network);
    copy_bytes(&mutant.property, &from->property);
    copy_bytes(&mutant.certificate, &from->certificate);
    return mutant;
}

static void clear_mutant(struct mutant *mutant)
{
    ref_bytes_clear(&mutant->network);
    ref_bytes_clear(&mutant->property);
    ref_bytes_clear(&mutant->certificate);
}

static void save(const char *folder, size_t k, const char *name,
                 const struct ref_bytes *bytes)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/mutant_%zu.%s", folder, k, name);
    ref_file_save(path, bytes->data, bytes->n);
}

/* The claim holds and is that of the original files. */
static bool is_true_claim(const struct subject *subject,
                          const struct question *question)
{
    return subject->is_safe && !question->is_rebound &&
           question->mutant->certificate.n > 5 &&
           question->mutant->certificate.data[5] == 0;
}

static enum outcome judge(const struct subject *subject,
                          const struct question *question)
{
    const int status = judge_by_checker(question, CHECK_FAST);
    switch (status) {
    case 0:
        break;
    case 1:
        return REJECTED;
    case 3:
        return MALFORMED;
    case 4:
        return UNSUPPORTED;
    case JUDGE_TIMED_OUT:
        return TIMED_OUT;
    default:
        return WRONG;
    }
    const int verdict = judge_by_twin(question);
    if (!subject->is_safe && !question->is_rebound &&
        question->mutant->certificate.data[5] == 0) {
        return WRONG;
    }
    if (verdict == REF_ACCEPTED) {
        return CONFIRMED;
    }
    if (verdict == REF_GAVE_UP || verdict == JUDGE_TIMED_OUT) {
        return TWIN_GAVE_UP;
    }
    return is_true_claim(subject, question) &&
                   judge_by_checker(question, CHECK_EXACT) == 1
               ? BY_WORDS
               : WRONG;
}

/* Draws and judges mutant number k. */
static void try_mutant(struct counts *counts, const struct options *options,
                       const char *folder, size_t k)
{
    size_t n_faults = 0;
    const struct fault *faults = mutant_faults(&n_faults);
    struct rng rng;
    rng_init(&rng, options->seed + k);
    const struct subject *subject = NULL;
    size_t number = 0;
    struct mutant mutant = {0};
    bool is_changed = false;
    while (!is_changed) { /* some faults find nothing to change */
        clear_mutant(&mutant);
        subject = &subjects[rng_below(&rng, n_subjects)];
        number = rng_below(&rng, n_faults);
        mutant = copy_mutant(&subject->files);
        is_changed = faults[number].change(&mutant, &rng);
    }
    const struct fault *fault = &faults[number];
    const struct question question = {&mutant, &subject->reading, folder,
                                      fault->is_rebound};
    if (!fault->is_broken) {
        if (rng_below(&rng, 8) == 0) {
            (void)fault->change(&mutant, &rng);
        }
        repair_end(&mutant.certificate);
    }
    const enum outcome outcome = judge(subject, &question);
    counts->of[number][outcome]++;
    if (outcome == WRONG || options->only == k) {
        (void)fprintf(stderr, "mutant %zu of subject %zu: %s: %s\n", k,
                      (size_t)(subject - subjects), fault->name,
                      outcome_names[outcome]);
        save(options->folder, k, "onnx", &mutant.network);
        save(options->folder, k, "vnnlib", &mutant.property);
        save(options->folder, k, "dbc", &mutant.certificate);
    }
    clear_mutant(&mutant);
}

static double now_s(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void work(struct counts *counts, const struct options *options,
                 size_t worker)
{
    char folder[512];
    const double start = now_s();
    (void)snprintf(folder, sizeof folder, "%s/worker_XXXXXX", options->folder);
    REQUIRE(mkdtemp(folder) != NULL);
    for (size_t k = worker;
         options->seconds > 0 ? now_s() - start < options->seconds
                              : k < options->count;
         k += options->n_workers) {
        try_mutant(counts, options, folder, k);
    }
    static const char *const names[] = {"network", "property", "certificate"};
    for (size_t i = 0; i < 3; i++) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    (void)remove(folder);
}

/* Originals must be accepted by both, those of properties that fail must be
 * rejected. */
static bool originals_are_right(const struct options *options)
{
    bool are_right = true;
    for (size_t i = 0; i < n_subjects; i++) {
        const struct question question = {
            &subjects[i].files, &subjects[i].reading, options->folder, false};
        const bool is_proof = subjects[i].files.certificate.data[5] == 0;
        const int expected = subjects[i].is_safe == is_proof ? 0 : 1;
        const int fast = judge_by_checker(&question, CHECK_FAST);
        const int exact = judge_by_checker(&question, CHECK_EXACT);
        const int verdict = judge_by_twin(&question);
        const int accepted = subjects[i].reading.network->is_curved && is_proof
                                 ? REF_GAVE_UP
                                 : REF_ACCEPTED;
        if (fast != expected || exact != expected ||
            (verdict == accepted) != (expected == 0)) {
            (void)fprintf(stderr, "subject %zu: exit %d, exact %d, twin %d\n",
                          i, fast, exact, verdict);
            are_right = false;
        }
    }
    return are_right;
}

/* The table of counts; true if it is as it should be. */
static bool print_counts(const struct counts *counts, size_t n_workers)
{
    size_t n_faults = 0;
    const struct fault *faults = mutant_faults(&n_faults);
    size_t total[N_OUTCOMES] = {0};
    size_t n_accepted = 0;
    for (size_t f = 0; f < n_faults; f++) {
        printf("%-30s", faults[f].name);
        for (size_t o = 0; o < N_OUTCOMES; o++) {
            size_t n = 0;
            for (size_t w = 0; w < n_workers; w++) {
                n += counts[w].of[f][o];
            }
            total[o] += n;
            printf(" %6zu", n);
        }
        printf("\n");
    }
    size_t n_mutants = 0;
    for (size_t o = 0; o < N_OUTCOMES; o++) {
        printf("%s: %zu\n", outcome_names[o], total[o]);
        n_mutants += total[o];
        n_accepted += o >= CONFIRMED ? total[o] : 0;
    }
    printf("%zu mutants of %zu certificates\n", n_mutants, n_subjects);
    return total[WRONG] == 0 && total[BY_WORDS] <= n_accepted / 50;
}

static struct options read_arguments(int argc, char **argv)
{
    struct options options = {
        .seed = 1, .count = 10000, .only = SIZE_MAX, .n_workers = 2};
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        const char *value = argv[i + 1];
        if (strcmp(argv[i], "--seed") == 0) {
            options.seed = strtoull(value, NULL, 10);
        } else if (strcmp(argv[i], "--count") == 0) {
            options.count = strtoull(value, NULL, 10);
        } else if (strcmp(argv[i], "--hours") == 0) {
            options.seconds = 3600.0 * strtod(value, NULL);
        } else if (strcmp(argv[i], "--only") == 0) {
            options.only = strtoull(value, NULL, 10);
        } else if (strcmp(argv[i], "--workers") == 0) {
            options.n_workers = strtoull(value, NULL, 10);
        } else {
            break;
        }
    }
    if (i + 2 != argc || options.n_workers < 1 ||
        options.n_workers > MOST_WORKERS) {
        (void)fprintf(stderr, "usage: mutate [--seed N] [--count N | --hours "
                              "H] [--only K] [--workers N] FOLDER LIST\n");
        exit(2);
    }
    options.folder = argv[i];
    load_list(argv[i + 1]);
    return options;
}

/* Zeroed counts that children share. */
static struct counts *share_counts(void)
{
    const size_t size = MOST_WORKERS * sizeof(struct counts);
    FILE *file = tmpfile();
    REQUIRE(file != NULL && ftruncate(fileno(file), (off_t)size) == 0);
    void *counts =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    REQUIRE(counts != MAP_FAILED && fclose(file) == 0);
    return counts;
}

int main(int argc, char **argv)
{
    check_use_memory();
    if (argc == 3 && strcmp(argv[1], "--models") == 0) {
        models_write(argv[2]);
        return 0;
    }
    const struct options options = read_arguments(argc, argv);
    struct counts *counts = share_counts();
    if (n_subjects == 0 || !originals_are_right(&options)) {
        return 1;
    }
    if (options.only != SIZE_MAX) {
        try_mutant(counts, &options, options.folder, options.only);
        return 0;
    }
    (void)fflush(NULL);
    for (size_t w = 0; w < options.n_workers; w++) {
        const pid_t process = fork();
        REQUIRE(process >= 0);
        if (process == 0) {
            work(&counts[w], &options, w);
            _exit(0);
        }
    }
    bool is_right = true;
    for (size_t w = 0; w < options.n_workers; w++) {
        int status = 0;
        REQUIRE(wait(&status) > 0);
        is_right = is_right && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return print_counts(counts, options.n_workers) && is_right ? 0 : 1;
}
