/* What the attack sees of networks that end in a softmax. */
#include "src/attack/logits.h"
#include "src/net/net.h"
#include "tests/ref/ref_load.h"
#include "tests/suite.h"

enum { N_INPUTS = 2, N_OUTPUTS = 3 };

/* y = operator(W x), three values. */
static struct layers *layers_of(const char *operator)
{
    static const double weights[] = {1.0, -2.0, 0.5, 4.0, 3.0, -1.0};
    static const int64_t in[] = {1, N_INPUTS};
    static const int64_t out[] = {1, N_OUTPUTS};
    static const int64_t between[] = {N_INPUTS, N_OUTPUTS};
    struct ref_model model = {.opset = 13};
    struct error error = {0};
    struct layers *layers = NULL;
    ref_model_input(&model, "x", 1, in, 2);
    ref_model_output(&model, "y", 1, out, 2);
    ref_model_floats(&model, "w", between, 2, weights);
    ref_model_node(&model, "MatMul", "x,w", "z");
    ref_model_node(&model, operator, "z", "y");
    struct net *net = ref_load_model(&model);
    ck_assert_msg(net_lower(&layers, net, &error) == STATUS_OK, "%s",
                  error.message);
    net_destroy(net);
    return layers;
}

/* Takes the layers of y = operator(W x) for one atom; gives how many are
 * left out. */
static size_t left_out(const char *operator, struct query_term * terms, int rhs)
{
    struct layers *whole = layers_of(operator);
    struct query_atom atom = {.n_terms = 2, .terms = terms};
    struct query_disjunct disjunct = {1, &atom};
    struct query_case one = {.n_disjuncts = 1, .disjuncts = &disjunct};
    const struct query query = {.layers = whole, .n_cases = 1, .cases = &one};
    struct layers layers;
    mpq_init(atom.rhs);
    mpq_set_si(atom.rhs, rhs, 1);
    const bool is_taken = logits_take(&layers, &query);
    const size_t n = whole->n_layers - layers.n_layers;
    ck_assert(is_taken == (n > 0));
    if (is_taken) {
        const double x[N_INPUTS] = {3.0, -0.5};
        double y[N_OUTPUTS] = {0.0};
        layers_eval(y, &layers, x);
        ck_assert(y[0] >= 1.0 && y[0] <= 1.0);
        ck_assert(y[1] >= -7.5 && y[1] <= -7.5);
        ck_assert(y[2] >= 2.0 && y[2] <= 2.0);
    }
    mpq_clear(atom.rhs);
    layers_destroy(whole);
    return n;
}

START_TEST(comparisons_of_a_softmax_are_those_of_its_arguments)
{
    struct query_term terms[] = {{N_INPUTS, 2.0}, {N_INPUTS + 2, -2.0}};
    ck_assert_uint_gt(left_out("Softmax", terms, 0), 0);
    ck_assert_uint_eq(left_out("Sigmoid", terms, 0), 0);
    ck_assert_uint_eq(left_out("Relu", terms, 0), 0);
}
END_TEST

START_TEST(other_atoms_need_the_outputs)
{
    struct query_term weights[] = {{N_INPUTS, 2.0}, {N_INPUTS + 2, -1.0}};
    struct query_term input[] = {{0, 1.0}, {N_INPUTS + 2, -1.0}};
    struct query_term equal[] = {{N_INPUTS, 1.0}, {N_INPUTS + 1, -1.0}};
    ck_assert_uint_eq(left_out("Softmax", weights, 0), 0);
    ck_assert_uint_eq(left_out("Softmax", input, 0), 0);
    ck_assert_uint_eq(left_out("Softmax", equal, 1), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("logits");
    tcase_add_test(cases, comparisons_of_a_softmax_are_those_of_its_arguments);
    tcase_add_test(cases, other_atoms_need_the_outputs);
    return cases;
}
