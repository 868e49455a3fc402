/* The table of faults. */
#include "tests/mutate/mutant.h"

#include "proofs/cert_bin.h"

bool fault_in_cert(struct mutant *mutant, struct rng *rng,
                   fault_cert_change change)
{
    struct cert cert;
    struct error error = {0};
    const struct bytes bytes = {.data = (char *)mutant->certificate.data,
                                .n = mutant->certificate.n};
    struct bytes changed = {0};
    if (cert_bin_decode(&cert, &bytes, &error) != STATUS_OK) {
        return false;
    }
    const bool is_changed =
        change(&cert, rng) && cert_check(&cert, &error) == STATUS_OK;
    if (is_changed) {
        cert_bin_encode(&changed, &cert, NULL);
        mutant->certificate.n = 0;
        ref_bytes_append(&mutant->certificate, changed.data, changed.n);
        bytes_clear(&changed);
    }
    cert_clear(&cert);
    return is_changed;
}

#define FAULT_IN_CERT(name)                                          \
    static bool fault_##name(struct mutant *mutant, struct rng *rng) \
    {                                                                \
        return fault_in_cert(mutant, rng, change_##name);            \
    }

FAULT_IN_CERT(threshold)
FAULT_IN_CERT(input)
FAULT_IN_CERT(neuron)
FAULT_IN_CERT(refresh)
FAULT_IN_CERT(children)
FAULT_IN_CERT(sibling)
FAULT_IN_CERT(to_leaf)
FAULT_IN_CERT(to_child)
FAULT_IN_CERT(details)
FAULT_IN_CERT(scope)
FAULT_IN_CERT(trees)
FAULT_IN_CERT(slope)
FAULT_IN_CERT(lemma)
FAULT_IN_CERT(lemma_order)
FAULT_IN_CERT(multiplier)
FAULT_IN_CERT(citation)
FAULT_IN_CERT(closing)
FAULT_IN_CERT(witness)

static const struct fault faults[] = {
    {"flip a bit, END kept", false, true, fault_flip_bit},
    {"flip a bit", false, false, fault_flip_bit},
    {"set a byte", false, false, fault_set_byte},
    {"cut the file", false, false, fault_cut},
    {"flip a bit of STREAM", false, false, fault_stream_bit},
    {"drop bytes of STREAM", false, false, fault_stream_drop},
    {"insert bytes in STREAM", false, false, fault_stream_insert},
    {"swap bytes of STREAM", false, false, fault_stream_swap},
    {"other grids", false, false, fault_grids},
    {"hash of another file", false, false, fault_hash},
    {"weight by one ulp", true, false, fault_weight},
    {"byte of the network", true, false, fault_network_byte},
    {"digit of the property", true, false, fault_digit},
    {"comparison of the property", true, false, fault_comparison},
    {"assertion dropped", true, false, fault_assertion},
    {"threshold", false, false, fault_threshold},
    {"input of a split", false, false, fault_input},
    {"neuron of a split", false, false, fault_neuron},
    {"refresh bits", false, false, fault_refresh},
    {"children swapped", false, false, fault_children},
    {"child copied to its sibling", false, false, fault_sibling},
    {"inner node made a leaf", false, false, fault_to_leaf},
    {"node replaced by its child", false, false, fault_to_child},
    {"details of nodes swapped", false, false, fault_details},
    {"details moved to the sibling", false, false, fault_scope},
    {"trees of cases swapped", false, false, fault_trees},
    {"slope", false, false, fault_slope},
    {"lemma", false, false, fault_lemma},
    {"order of lemmas", false, false, fault_lemma_order},
    {"multiplier", false, false, fault_multiplier},
    {"citation", false, false, fault_citation},
    {"closing", false, false, fault_closing},
    {"witness", false, false, fault_witness}};

const struct fault *mutant_faults(size_t *n)
{
    *n = sizeof faults / sizeof *faults;
    return faults;
}
