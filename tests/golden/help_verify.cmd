astrolabe verify --help
