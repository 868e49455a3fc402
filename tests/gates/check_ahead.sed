s/n_neurons >= CHECK_AHEAD_NEURONS/n_neurons < SIZE_MAX/
