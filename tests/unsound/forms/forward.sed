s/n_neurons < least_neurons/least_neurons == 0/
s/.shift = half, .error = half}/.shift = half, .error = 0.0}/
