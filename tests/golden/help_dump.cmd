astrolabe dump --help
