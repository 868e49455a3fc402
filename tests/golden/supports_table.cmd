astrolabe supports --operator-table | head -5
