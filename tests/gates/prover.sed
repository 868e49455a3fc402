s/forward_create(layers, FORWARD_NEURONS, FORWARD_WIDTH)/forward_create(layers, 0, 0)/
