s/prover_hidden_move(p, neuron, tree->is_upper, level);/prover_hidden_move(p, neuron, !tree->is_upper, -level);/
s/\.is_upper = tree->is_upper,/.is_upper = !tree->is_upper,/
