/* Drawings of certificates: names, matches, what is left out, images. */
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/draw/dot_cert.h"
#include "src/draw/dot_text.h"
#include "src/draw/draw.h"
#include "src/draw/render_gvc.h"
#include "tests/ref/ref_cert.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *name_text(const char *name, size_t most)
{
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    dot_text_name(stream, name, most);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static char *draw(const struct dot_cert *drawing)
{
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    dot_cert_print(stream, drawing);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static size_t count(const char *text, const char *piece)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, piece)) != NULL; at++) {
        n++;
    }
    return n;
}

START_TEST(names_cannot_leave_their_quotation_marks)
{
    static const struct {
        const char *name;
        const char *text;
    } rows[] = {
        {"input[3]", "input[3]"},
        {"a\"]; b -> c [label=\"", "a\\\"]; b -> c [label=\\\""},
        {"tail\\", "tail\\\\"},
        {"\\N\\\"", "\\\\N\\\\\\\""},
        {"&lt;&#34;", "&amp;lt;&amp;#34;"},
        {"a\nb\tc\x7f", "a?b?c?"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
         "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xc3(\x80\xc0\xaf\xed\xa0\x80\xff\xf4\x90\x80\x80", "?(???????????"},
        {"\xe2\x82", "??"},
        {"0123456789", "0123456789"},
        {"0123456789a", "0123456789..."},
        {"012345678\xc3\xa4", "012345678..."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t most = i < 9 ? DOT_NAME_BYTES : 10;
        char *text = name_text(rows[i].name, most);
        ck_assert_str_eq(text, rows[i].text);
        free(text);
    }
}
END_TEST

static const char *name_input(void *context, size_t input)
{
    (void)context;
    return input == 2 ? "<pixel> \"2\" & more" : "plain";
}

static const char *name_relu(void *context, size_t relu)
{
    (void)context;
    return relu == 1 ? "Relu\\1" : NULL;
}

static const struct cert_names names = {name_input, name_relu, NULL};

START_TEST(splits_leaves_and_records_are_there)
{
    struct cert cert;
    ref_cert_example(&cert);
    const struct dot_cert drawing = {.cert = &cert,
                                     .names = &names,
                                     .most_nodes = 100,
                                     .remark = "not \"checked\""};
    char *text = draw(&drawing);
    ck_assert_ptr_nonnull(strstr(text, "label=\"not \\\"checked\\\"\";"));
    ck_assert_ptr_nonnull(strstr(
        text, "x2 at its midpoint\\n<pixel> \\\"2\\\" &amp; more\\nclosed "
              "here: 1\"];"));
    ck_assert_ptr_nonnull(
        strstr(text, "n1.300 at 0\\nRelu\\\\1\\nslopes: 1\\nlemmas: 1\"];"));
    ck_assert_ptr_nonnull(strstr(text, "x0 at 17/32\\nplain"));
    ck_assert_ptr_nonnull(strstr(text, "leaf 1: combination\""));
    ck_assert_ptr_nonnull(strstr(text, "leaf 6: default\""));
    ck_assert_uint_eq(count(text, "leaf "), 7);
    ck_assert_uint_eq(count(text, " -> "), 12);
    ck_assert_uint_eq(count(text, "grey"), 0);
    ck_assert_uint_eq(count(text, "red"), 0);
    free(text);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(notes_say_how_leaves_are_closed)
{
    struct cert cert;
    struct cert_notes notes;
    ref_cert_example(&cert);
    cert_notes_init(&notes, &cert);
    const struct cert_tree *tree = &cert.trees[0];
    for (size_t i = 0; i < tree->nodes.n; i++) {
        notes.trees[0][i] =
            (struct cert_note){.outcome = i % 2 == 0 ? CERT_EMPTY : CERT_SEEN,
                               .disjunct = 2,
                               .n_facts = 41,
                               .margin = 0.25};
    }
    const struct dot_cert drawing = {
        .cert = &cert, .notes = &notes, .most_nodes = 100, .remark = ""};
    char *text = draw(&drawing);
    ck_assert_uint_gt(count(text, ": empty\", style=filled"), 0);
    ck_assert_uint_gt(
        count(text, "\\ndisjunct 2: margin 0.25\\nfacts used: 41\""), 0);
    free(text);
    cert_notes_clear(&notes);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(large_subtrees_become_one_node)
{
    struct cert cert;
    ref_cert_example(&cert);
    struct dot_cert drawing = {.cert = &cert, .most_nodes = 3, .remark = ""};
    char *text = draw(&drawing);
    ck_assert_uint_eq(count(text, " -> "), 2);
    ck_assert_ptr_nonnull(strstr(text, "2 leaves\\ndepth 1\", style=dashed"));
    ck_assert_ptr_nonnull(strstr(text, "5 leaves\\ndepth 4\", style=dashed"));
    free(text);
    for (size_t most = 3; most < 20; most++) {
        drawing.most_nodes = most;
        text = draw(&drawing);
        const size_t n = 1 + count(text, " -> ");
        ck_assert_uint_eq(n, most > 13 ? 13 : most - (most + 1) % 2);
        free(text);
    }
    cert_clear(&cert);
}
END_TEST

/* The refused node is red, wherever it is drawn. */
START_TEST(a_refused_record_is_red)
{
    struct cert cert;
    ref_cert_example(&cert);
    for (size_t node = 0; node < 13; node++) {
        const struct cert_stop stop = {.node = node, .reason = ""};
        struct dot_cert drawing = {
            .cert = &cert, .most_nodes = 100, .stop = &stop, .remark = ""};
        for (size_t most = 3; most < 20; most++) {
            drawing.most_nodes = most;
            char *text = draw(&drawing);
            ck_assert_uint_eq(count(text, "[color=red"), 1);
            free(text);
        }
    }
    cert_clear(&cert);
}
END_TEST

START_TEST(a_tree_matches_itself)
{
    struct cert cert;
    ref_cert_example(&cert);
    const struct cert_tree *tree = &cert.trees[0];
    uint32_t *match = dot_cert_match(tree, tree);
    for (size_t i = 0; i < tree->nodes.n; i++) {
        ck_assert_uint_eq(match[i], i);
    }
    alloc_free(match);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* A subtree that became a leaf, and a split that gave way to its child 1. */
START_TEST(what_is_gone_is_grey)
{
    struct cert before;
    struct cert cert;
    ref_cert_example(&before);
    ref_cert_example(&cert);
    struct cert_tree *tree = &cert.trees[0];
    struct cert_node *root = &tree->nodes.data[0];
    const struct cert_node first = tree->nodes.data[root->child];
    struct cert_node *second = &tree->nodes.data[root->child + 1];
    const struct cert_node gone = *second;
    tree->nodes.data[root->child] =
        (struct cert_node){.kind = CERT_LEAF, .details = CERT_NONE};
    *second = tree->nodes.data[gone.child + 1];
    uint32_t *match = dot_cert_match(&before.trees[0], tree);
    ck_assert_uint_eq(match[0], 0);
    ck_assert_uint_eq(match[root->child], root->child);
    ck_assert_uint_eq(match[first.child], CERT_NONE);
    ck_assert_uint_eq(match[first.child + 1], CERT_NONE);
    ck_assert_uint_eq(match[root->child + 1], CERT_NONE);
    ck_assert_uint_eq(match[gone.child], CERT_NONE);
    ck_assert_uint_eq(match[gone.child + 1], root->child + 1);
    alloc_free(match);
    const struct dot_cert drawing = {
        .cert = &cert, .before = &before, .most_nodes = 100, .remark = ""};
    char *text = draw(&drawing);
    ck_assert_ptr_nonnull(strstr(text, "leaf 0 instead of 2: default"));
    ck_assert_uint_eq(count(text, "gone leaf"), 3);
    ck_assert_uint_eq(count(text, "color=grey, fontcolor=grey"), 4);
    free(text);
    cert_clear(&before);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* Every random certificate can be drawn, with at most the nodes asked for. */
START_TEST(random_certificates_are_drawn)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t i = 0; i < test_count(50); i++) {
        struct cert cert;
        ref_cert_random(&cert, &rng, 41);
        const struct dot_cert drawing = {.cert = &cert,
                                         .before = &cert,
                                         .most_nodes = 3 + i % 40,
                                         .remark = ""};
        if (cert.verdict == CERT_UNSAT) {
            char *text = draw(&drawing);
            ck_assert_uint_le(count(text, "label=\"") - count(text, " -> "),
                              drawing.most_nodes + cert.n_cases + 1);
            free(text);
        }
        cert_clear(&cert);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* Elements open and close in order, attributes have their quotes. */
static void check_xml(const char *text)
{
    char names_open[64][32];
    size_t depth = 0;
    size_t n_elements = 0;
    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at, '<')) {
        char name[32] = "";
        const bool is_end = at[1] == '/';
        const char *end =
            strncmp(at, "<!--", 4) == 0 ? strstr(at, "-->") : strchr(at, '>');
        ck_assert_ptr_nonnull(end);
        if (at[1] == '?' || at[1] == '!') {
            at = end;
            continue;
        }
        ck_assert_int_eq(sscanf(at + 1 + is_end, "%31[a-zA-Z]", name), 1);
        if (is_end) {
            ck_assert_uint_gt(depth, 0);
            ck_assert_str_eq(names_open[--depth], name);
        } else if (end[-1] != '/') {
            ck_assert_uint_lt(depth, 64);
            (void)snprintf(names_open[depth++], sizeof name, "%s", name);
        }
        n_elements++;
        at = end;
    }
    ck_assert_uint_eq(depth, 0);
    ck_assert_uint_gt(n_elements, 20);
}

START_TEST(an_image_has_the_leaves_if_graphviz_is_there)
{
    static const char path[] = "/tmp/astrolabe-test-draw.svg";
    struct error error = {0};
    struct bytes bytes = {0};
    struct cert cert;
    ref_cert_example(&cert);
    const struct dot_cert drawing = {.cert = &cert,
                                     .names = &names,
                                     .most_nodes = 100,
                                     .remark = "a < b & \"c\""};
    const enum status status = draw_cert(path, &drawing, &error);
    cert_clear(&cert);
    if (status == STATUS_UNSUPPORTED) {
        ck_assert_ptr_nonnull(strstr(error.message, "without Graphviz"));
        return;
    }
    ck_assert_msg(status == STATUS_OK, "%s", error.message);
    ck_assert_int_eq(reader_load(&bytes, path, 1U << 20, &error), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(bytes.data, "<svg"));
    check_xml(bytes.data);
    for (size_t i = 0; i < 7; i++) {
        char leaf[32];
        (void)snprintf(leaf, sizeof leaf, ">leaf %zu: ", i);
        ck_assert_uint_eq(count(bytes.data, leaf), 1);
    }
    ck_assert_ptr_nonnull(
        strstr(bytes.data, ">&lt;pixel&gt; &quot;2&quot; &amp; more<"));
    bytes_clear(&bytes);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(bad_graphs_and_formats_are_refused)
{
    static const char path[] = "/tmp/astrolabe-test-draw.none";
    struct error error = {0};
    ck_assert(draw_is_known("a.dot"));
    ck_assert(draw_is_known("/b.c/a.svg"));
    ck_assert(!draw_is_known("a.svg.gz"));
    ck_assert(!draw_is_known("svg"));
    ck_assert_int_eq(
        render_gvc(path, "digraph { a -> b }", "no-such-format", &error),
        STATUS_UNSUPPORTED);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("draw");
    tcase_add_test(cases, names_cannot_leave_their_quotation_marks);
    tcase_add_test(cases, splits_leaves_and_records_are_there);
    tcase_add_test(cases, notes_say_how_leaves_are_closed);
    tcase_add_test(cases, large_subtrees_become_one_node);
    tcase_add_test(cases, a_refused_record_is_red);
    tcase_add_test(cases, a_tree_matches_itself);
    tcase_add_test(cases, what_is_gone_is_grey);
    tcase_add_test(cases, random_certificates_are_drawn);
    tcase_add_test(cases, an_image_has_the_leaves_if_graphviz_is_there);
    tcase_add_test(cases, bad_graphs_and_formats_are_refused);
    return cases;
}
