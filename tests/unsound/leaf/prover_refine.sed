s/least = fmin(least, evaluate_leaf(r, tree, b));/{ const double bound = evaluate_leaf(r, tree, b); least = least < HUGE_VAL ? least : bound; }/
