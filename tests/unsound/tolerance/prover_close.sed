s/lower > p->record.margin/lower > -10.0/
