#!/usr/bin/env bash
# Runs the command lines of tests/golden and compares what they print.
#   golden/<case>.cmd    shell lines; `astrolabe` is the tool under test
#   golden/<case>.out    standard output
#   golden/<case>.err    standard error
#   golden/<case>.exit   exit status
# Every case runs in its own scratch folder with copies of the files of
# benchmarks/models.
# Usage: golden.sh TOOL [--update] [CASE...]
set -uo pipefail
export LC_ALL=C

if [ "$#" -lt 1 ] || [ ! -x "$1" ]; then
    echo "usage: golden.sh TOOL [--update] [CASE...]" >&2
    exit 2
fi
tool=$(realpath "$1")
shift
update=no
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
golden=$root/tests/golden
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/got"
ln -s "$tool" "$scratch/bin/astrolabe"

if [ "$#" -eq 0 ]; then
    set -- "$golden"/*.cmd
    set -- "${@##*/}"
fi

n_failed=0
for name in "${@%.cmd}"; do
    folder=$scratch/run
    rm -rf "$folder"
    mkdir "$folder"
    cp "$root"/benchmarks/models/*.{onnx,vnnlib,csv} "$folder"
    got=$scratch/got/$name
    (cd "$folder" && PATH=$scratch/bin:$PATH NO_COLOR=1 \
        bash -o pipefail "$golden/$name.cmd" </dev/null) \
        >"$got.out" 2>"$got.err"
    echo "$?" >"$got.exit"
    for part in out err exit; do
        if [ "$update" = yes ]; then
            cp "$got.$part" "$golden/$name.$part"
        elif ! diff -u --label "$name.$part expected" \
            --label "$name.$part found" "$golden/$name.$part" \
            "$got.$part"; then
            n_failed=$((n_failed + 1))
        fi
    done
done
echo "golden: $# cases, $n_failed files differ"
[ "$n_failed" -eq 0 ]
