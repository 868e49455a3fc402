astrolabe --version | grep -Ex "[0-9]+\.[0-9]+\.[0-9]+" >/dev/null
