s/n_neurons >= CHECK_AHEAD_NEURONS/true/
