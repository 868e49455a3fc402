s/const bool is_far = prover_dual_is_far(p);/const bool is_far = p->n_open > 0;/
