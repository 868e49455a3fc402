s/n < FORWARD_OPEN || /n < 1 || /
