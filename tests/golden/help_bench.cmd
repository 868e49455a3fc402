astrolabe bench -h
