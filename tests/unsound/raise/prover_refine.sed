s/record_level_down(evaluate(r, tree) - room)/& + record_level_down(0x1p-5 * width_of(p, tree))/
