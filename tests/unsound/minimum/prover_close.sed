s/return p->n_open == 0/return p->n_open < p->spec.n_disjuncts || p->worst < 0.0/
