s/^    for (; r->n_renewed < end; r->n_renewed++) {/&\n        level->bounds.upper[r->n_renewed][0] -= 0.75 * (level->bounds.upper[r->n_renewed][0] - level->bounds.lower[r->n_renewed][0]);/
