s/lower > RECORD_MARGIN/lower > -10.0/
