#!/bin/sh
# Installs the packages and builds the release binary; run once per machine.
# Usage: install_tool.sh v1
set -eu

if [ "${1:-}" != v1 ]; then
    echo "expected the version v1, found '${1:-}'" >&2
    exit 1
fi
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

if [ "${ASTROLABE_SKIP_PACKAGES:-}" != 1 ] && command -v apt-get >/dev/null; then
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
    fi
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update -q
    # One package a line, no blanks: splitting is meant.
    # shellcheck disable=SC2046
    $as_root apt-get install -q -y --no-install-recommends \
        $(cat "$root/benchmarks/packages.txt")
fi

cd "$root"
cmake --preset release -DBUILD_TESTING=OFF
cmake --build --preset release --target astrolabe
"$root/build/release/astrolabe" --version
