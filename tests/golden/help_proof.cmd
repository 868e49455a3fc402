astrolabe proof --help
