s/    b->constant\[r\] += m;//
