s/forward_create(r->weights, FORWARD_NEURONS, FORWARD_WIDTH)/forward_create(r->weights, 0, 0)/
