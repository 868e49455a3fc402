#!/bin/sh
# Installs the Debian packages of packages.txt that are missing. Elsewhere
# it only says what is needed; the build then names what it does not find.
set -eu

list=$(dirname "$0")/packages.txt

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "not a Debian system; these packages are needed:" >&2
    cat "$list" >&2
    exit 0
fi

missing=
while read -r package; do
    case $package in '' | '#'*) continue ;; esac
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) ||
        state=
    [ "$state" = installed ] || missing="$missing $package"
done <"$list"
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "root is needed to install:$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "installing:$missing" >&2
# Words of these two variables are separate arguments.
# shellcheck disable=SC2086
{
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends $missing >&2
}
