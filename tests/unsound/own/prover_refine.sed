s/double \*\*end = tree->is_upper ? r->p->bounds.lower : r->p->bounds.upper;/double **end = tree->is_upper ? r->p->bounds.upper : r->p->bounds.lower;/
