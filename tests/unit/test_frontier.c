/* Open nodes: which search goes next, when a tree is closed, what nodes own. */
#include "solver/frontier.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_build.h"
#include "tests/suite.h"

/* A network of one input and the shared bounds of its nodes. */
struct fixture {
    struct layers *layers;
    struct node_bounds *bounds;
    struct frontier frontier;
};

static void fixture_init(struct fixture *f, bool use_input, bool use_neuron)
{
    struct bounds bounds;
    f->layers = ref_build_begin(1);
    bounds_init(&bounds, f->layers);
    f->bounds = node_bounds_create(f->layers, &bounds);
    bounds_clear(&bounds);
    frontier_init(&f->frontier, use_input, use_neuron);
}

static void fixture_clear(struct fixture *f)
{
    frontier_clear(&f->frontier);
    node_bounds_release(f->bounds);
    layers_destroy(f->layers);
}

static struct node *new_node(const struct fixture *f)
{
    const double lower = -1.0;
    const double upper = 1.0;
    return node_create_root(&lower, &upper, 1, 1, f->bounds);
}

/* The node is worked on and given back. */
static void give_back(struct fixture *f, size_t search, struct node *node)
{
    f->frontier.search[search].n_busy--;
    f->frontier.search[search].n_done++;
    node_destroy(node);
}

/* Which search is popped next; puts the node back. */
static size_t next_search(struct fixture *f)
{
    size_t search = 9;
    struct node *node = frontier_pop(&f->frontier, &search);
    ck_assert_ptr_nonnull(node);
    f->frontier.search[search].n_busy--;
    frontier_push(&f->frontier, search, node);
    return search;
}

START_TEST(nodes_come_back_last_in_first_out)
{
    struct fixture f;
    size_t search = 9;
    fixture_init(&f, true, false);
    struct node *first = new_node(&f);
    struct node *second = new_node(&f);
    frontier_push(&f.frontier, 0, first);
    frontier_push(&f.frontier, 0, second);
    ck_assert_uint_eq(frontier_n_open(&f.frontier), 2);
    ck_assert_ptr_eq(frontier_pop(&f.frontier, &search), second);
    ck_assert_uint_eq(search, 0);
    ck_assert_uint_eq(frontier_n_open(&f.frontier), 2);
    ck_assert_ptr_eq(frontier_pop(&f.frontier, &search), first);
    ck_assert_ptr_null(frontier_pop(&f.frontier, &search));
    give_back(&f, 0, first);
    give_back(&f, 0, second);
    ck_assert_uint_eq(frontier_n_open(&f.frontier), 0);
    fixture_clear(&f);
}
END_TEST

/* Of chains of nodes without end every so often the oldest one is popped. */
START_TEST(the_oldest_node_is_not_forgotten)
{
    struct fixture f;
    size_t search = 9;
    fixture_init(&f, true, false);
    struct node *oldest = new_node(&f);
    struct node *node = new_node(&f);
    frontier_push(&f.frontier, 0, oldest);
    frontier_push(&f.frontier, 0, node);
    size_t n_popped = 0;
    while (n_popped < 1000 && frontier_pop(&f.frontier, &search) != oldest) {
        give_back(&f, 0, node);
        node = new_node(&f);
        frontier_push(&f.frontier, 0, node);
        n_popped++;
    }
    ck_assert_uint_gt(n_popped, 100);
    ck_assert_uint_lt(n_popped, 1000);
    ck_assert_ptr_eq(frontier_pop(&f.frontier, &search), node);
    give_back(&f, 0, node);
    give_back(&f, 0, oldest);
    fixture_clear(&f);
}
END_TEST

START_TEST(a_tree_is_closed_once_all_nodes_are_given_back)
{
    struct fixture f;
    size_t search = 9;
    fixture_init(&f, true, true);
    frontier_push(&f.frontier, 0, new_node(&f));
    frontier_push(&f.frontier, 1, new_node(&f));
    ck_assert(!frontier_is_closed(&f.frontier));
    struct node *node = frontier_pop(&f.frontier, &search);
    ck_assert_uint_eq(search, 0);
    ck_assert(!frontier_is_closed(&f.frontier));
    give_back(&f, 0, node);
    ck_assert(frontier_is_closed(&f.frontier));
    ck_assert_uint_eq(frontier_n_open(&f.frontier), 1);
    fixture_clear(&f);
}
END_TEST

START_TEST(a_stuck_or_unused_tree_is_never_closed)
{
    struct fixture f;
    size_t search = 9;
    fixture_init(&f, true, false);
    frontier_push(&f.frontier, 0, new_node(&f));
    struct node *node = frontier_pop(&f.frontier, &search);
    f.frontier.search[0].n_stuck++;
    give_back(&f, 0, node);
    ck_assert(!frontier_is_closed(&f.frontier));
    fixture_clear(&f);
    fixture_init(&f, false, false);
    ck_assert(!frontier_is_closed(&f.frontier));
    ck_assert_ptr_null(frontier_pop(&f.frontier, &search));
    fixture_clear(&f);
}
END_TEST

START_TEST(the_input_search_leads_for_a_number_of_nodes)
{
    struct fixture f;
    fixture_init(&f, true, true);
    frontier_push(&f.frontier, 0, new_node(&f));
    frontier_push(&f.frontier, 1, new_node(&f));
    f.frontier.search[1].measure = 0.5;
    f.frontier.search[0].effort = 1e6;
    f.frontier.search[0].n_done = FRONTIER_HEAD - 1;
    ck_assert_uint_eq(next_search(&f), 0);
    f.frontier.search[0].n_busy = 1;
    ck_assert_uint_eq(next_search(&f), 1);
    f.frontier.search[0].n_busy = 0;
    f.frontier.search[0].n_done = FRONTIER_HEAD;
    ck_assert_uint_eq(next_search(&f), 1);
    fixture_clear(&f);
}
END_TEST

START_TEST(more_measure_per_effort_goes_first_the_other_gets_a_sixteenth)
{
    struct fixture f;
    fixture_init(&f, true, true);
    struct search *input = &f.frontier.search[0];
    struct search *neuron = &f.frontier.search[1];
    frontier_push(&f.frontier, 0, new_node(&f));
    frontier_push(&f.frontier, 1, new_node(&f));
    input->n_done = FRONTIER_HEAD;
    input->effort = 1000.0;
    neuron->effort = 1000.0;
    input->measure = 0.25;
    neuron->measure = 0.5;
    ck_assert_uint_eq(next_search(&f), 1);
    input->effort = 400.0;
    ck_assert_uint_eq(next_search(&f), 0);
    neuron->effort = 24.0;
    neuron->measure = 0.001;
    ck_assert_uint_eq(next_search(&f), 1);
    neuron->effort = 26.0;
    ck_assert_uint_eq(next_search(&f), 0);
    ck_assert_double_eq_tol(frontier_measure(&f.frontier), 0.25, 1e-15);
    fixture_clear(&f);
}
END_TEST

START_TEST(the_next_search_of_neurons_begins_late_and_gets_an_eighth)
{
    struct fixture f;
    size_t search = 9;
    fixture_init(&f, false, true);
    struct search *neuron = &f.frontier.search[1];
    struct search *other = &f.frontier.search[2];
    frontier_open(&f.frontier, 2, new_node(&f));
    ck_assert_ptr_null(frontier_pop(&f.frontier, &search));
    frontier_push(&f.frontier, 1, new_node(&f));
    neuron->root_effort = 1e12;
    neuron->effort = 1e12;
    neuron->measure = 0.5;
    ck_assert_uint_eq(next_search(&f), 1);
    neuron->effort = 2e12;
    ck_assert_uint_eq(next_search(&f), 2);
    other->effort = 0.2e12;
    ck_assert_uint_eq(next_search(&f), 2);
    other->effort = 0.3e12;
    ck_assert_uint_eq(next_search(&f), 1);
    other->measure = 0.25;
    ck_assert_uint_eq(next_search(&f), 2);
    ck_assert(!frontier_is_closed(&f.frontier));
    struct node *node = frontier_pop(&f.frontier, &search);
    give_back(&f, search, node);
    ck_assert(frontier_is_closed(&f.frontier));
    fixture_clear(&f);
}
END_TEST

START_TEST(a_child_takes_one_side_and_its_path)
{
    struct fixture f;
    fixture_init(&f, true, true);
    const size_t before = alloc_live_bytes();
    struct node *root = new_node(&f);
    const double lower = -0.5;
    const double upper = 0.75;
    const uint32_t open = 0;
    const struct node_rest rest = {&lower, &upper, &open, 1, f.bounds};
    struct split split = {SPLIT_INPUT, true, 0, 0, 0, 0.25};
    struct node *child = node_create_child(root, &rest, &split);
    ck_assert(child->lower[0] >= 0.25 && child->lower[0] <= 0.25);
    ck_assert(child->upper[0] >= 0.75 && child->upper[0] <= 0.75);
    ck_assert_uint_eq(child->depth, 1);
    ck_assert(child->path[0].is_upper);
    ck_assert_uint_eq(child->n_open, 1);
    split = (struct split){SPLIT_NEURON, false, 7, 3, 0, 0.0};
    struct node *grandchild = node_create_child(child, &rest, &split);
    ck_assert_uint_eq(grandchild->depth, 2);
    ck_assert(grandchild->path[0].is_upper);
    ck_assert_uint_eq(grandchild->path[1].layer, 7);
    ck_assert(grandchild->lower[0] <= -0.5);
    split = (struct split){SPLIT_INPUT, false, 0, 0, 0, 0.25};
    struct node *other = node_create_child(root, &rest, &split);
    ck_assert(other->upper[0] >= 0.25 && other->upper[0] <= 0.25);
    ck_assert_uint_eq(atomic_load(&f.bounds->n_users), 5);
    node_destroy(root);
    node_destroy(child);
    node_destroy(grandchild);
    node_destroy(other);
    node_destroy(NULL);
    ck_assert_uint_eq(alloc_live_bytes(), before);
    fixture_clear(&f);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("frontier");
    tcase_add_test(cases, nodes_come_back_last_in_first_out);
    tcase_add_test(cases, the_oldest_node_is_not_forgotten);
    tcase_add_test(cases, a_tree_is_closed_once_all_nodes_are_given_back);
    tcase_add_test(cases, a_stuck_or_unused_tree_is_never_closed);
    tcase_add_test(cases, the_input_search_leads_for_a_number_of_nodes);
    tcase_add_test(
        cases, more_measure_per_effort_goes_first_the_other_gets_a_sixteenth);
    tcase_add_test(cases,
                   the_next_search_of_neurons_begins_late_and_gets_an_eighth);
    tcase_add_test(cases, a_child_takes_one_side_and_its_path);
    return cases;
}
