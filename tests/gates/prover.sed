s/forward_create(weights, FORWARD_NEURONS, FORWARD_WIDTH)/forward_create(weights, 0, 0)/
