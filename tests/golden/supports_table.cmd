astrolabe supports --operator-table | sed -n 1,5p
