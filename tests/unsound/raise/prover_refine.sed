s/record_level_down(evaluate(r, tree) - room)/& + record_level_down(0.25 * width_of(p, tree))/
