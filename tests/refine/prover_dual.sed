s/if (p->trial == 0 \&\& !prover_dual_is_far(p))/if (p->n_open == 0)/
