s/p->stats.ends_refined += \*n_moved;/& extern size_t refine_n_moved[2]; refine_n_moved[p->n_open > 1] += *n_moved;/
s/size_t n = prover_slopes_note_atoms(.*/& extern size_t refine_n_joined; refine_n_joined += n > 0;/
