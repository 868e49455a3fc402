s/forward_create(r->layers, FORWARD_NEURONS, FORWARD_WIDTH)/forward_create(r->layers, 0, 0)/
