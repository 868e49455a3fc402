s/^    bounds_copy(&p->bounds, &node->bounds->bounds);/    if (node->depth == 0) { bounds_copy(\&p->bounds, \&node->bounds->bounds); }/
