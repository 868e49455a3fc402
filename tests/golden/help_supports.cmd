astrolabe supports --help
