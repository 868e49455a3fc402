astrolabe --help
