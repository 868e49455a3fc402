/* Every item is worked on once; the run ends when told and when empty. */
#include "solver/workers.h"
#include "src/base/alloc.h"
#include "tests/suite.h"

#include <stdatomic.h>

enum { THREADS_MAX = 4, DEPTH = 9, NODES = (1 << (DEPTH + 1)) - 1 };

/* Items are the nodes of a binary tree; an item's children appear when it is
 * given back, so that takers may find nothing while others are at work. */
struct tree {
    size_t n_threads;
    size_t limit; /* give says stop after so many items */
    size_t open[NODES];
    size_t n_open;
    size_t n_given;
    size_t n_worker_items[THREADS_MAX];
    atomic_size_t n_worked[NODES];
    size_t n_outside; /* give or take while another one is at it */
    bool is_inside;
    size_t item[NODES];
};

static void enter(struct tree *tree)
{
    tree->n_outside += tree->is_inside ? 1 : 0;
    tree->is_inside = true;
}

static void *take(void *context, size_t worker)
{
    struct tree *tree = context;
    void *item = NULL;
    ck_assert_uint_lt(worker, tree->n_threads);
    enter(tree);
    if (tree->n_open > 0) {
        item = &tree->item[tree->open[--tree->n_open]];
    }
    tree->is_inside = false;
    return item;
}

static void work(void *context, size_t worker, void *item)
{
    struct tree *tree = context;
    const size_t node = *(const size_t *)item;
    ck_assert_uint_lt(worker, tree->n_threads);
    atomic_fetch_add(&tree->n_worked[node], 1);
}

static bool give(void *context, size_t worker, void *item)
{
    struct tree *tree = context;
    const size_t node = *(const size_t *)item;
    enter(tree);
    tree->n_given++;
    tree->n_worker_items[worker]++;
    for (size_t child = 2 * node + 1; child <= 2 * node + 2; child++) {
        if (child < NODES) {
            tree->open[tree->n_open++] = child;
        }
    }
    tree->is_inside = false;
    return tree->n_given >= tree->limit;
}

static struct tree *run(size_t n_threads, size_t n_roots, size_t limit)
{
    struct tree *tree;
    NEW(tree);
    tree->n_threads = n_threads;
    tree->limit = limit;
    tree->n_open = n_roots;
    for (size_t i = 0; i < NODES; i++) {
        tree->item[i] = i;
        atomic_init(&tree->n_worked[i], 0);
    }
    const struct workers_job job = {tree, take, work, give};
    workers_run(&job, n_threads);
    ck_assert_uint_eq(tree->n_outside, 0);
    return tree;
}

START_TEST(every_item_is_worked_on_once)
{
    for (size_t round = 0; round < test_count(20); round++) {
        const size_t n_threads = 1 + round % THREADS_MAX;
        struct tree *tree = run(n_threads, 1, SIZE_MAX);
        size_t total = 0;
        for (size_t i = 0; i < NODES; i++) {
            ck_assert_uint_eq(atomic_load(&tree->n_worked[i]), 1);
        }
        for (size_t w = 0; w < THREADS_MAX; w++) {
            total += tree->n_worker_items[w];
        }
        ck_assert_uint_eq(total, NODES);
        ck_assert_uint_eq(tree->n_open, 0);
        alloc_free(tree);
    }
}
END_TEST

START_TEST(a_run_ends_when_give_says_so)
{
    for (size_t n_threads = 1; n_threads <= THREADS_MAX; n_threads++) {
        struct tree *tree = run(n_threads, 1, 100);
        ck_assert_uint_ge(tree->n_given, 100);
        ck_assert_uint_lt(tree->n_given, 100 + n_threads);
        size_t n_worked = 0;
        for (size_t i = 0; i < NODES; i++) {
            const size_t n = atomic_load(&tree->n_worked[i]);
            ck_assert_uint_le(n, 1);
            n_worked += n;
        }
        ck_assert_uint_eq(n_worked, tree->n_given);
        ck_assert_uint_gt(tree->n_open, 0);
        alloc_free(tree);
    }
}
END_TEST

START_TEST(a_run_without_items_ends_at_once)
{
    const size_t before = alloc_live_bytes();
    for (size_t n_threads = 1; n_threads <= THREADS_MAX; n_threads++) {
        struct tree *tree = run(n_threads, 0, SIZE_MAX);
        ck_assert_uint_eq(tree->n_given, 0);
        alloc_free(tree);
    }
    ck_assert_uint_eq(alloc_live_bytes(), before);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("workers");
    tcase_add_test(cases, every_item_is_worked_on_once);
    tcase_add_test(cases, a_run_ends_when_give_says_so);
    tcase_add_test(cases, a_run_without_items_ends_at_once);
    return cases;
}
