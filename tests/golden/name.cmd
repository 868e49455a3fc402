astrolabe --name
