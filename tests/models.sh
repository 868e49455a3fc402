#!/bin/sh
# Makes the networks and properties of benchmarks/models anew and compares
# every byte with the committed files.
# Usage: models.sh GENERATOR FOLDER
set -eu

generator=$1
folder=$2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT HUP INT TERM

if ! "$generator" "$scratch" 2>"$scratch/log"; then
    cat "$scratch/log"
    exit 1
fi
rm "$scratch/log"

failed=0
n=0
for made in "$scratch"/*; do
    name=${made##*/}
    n=$((n + 1))
    if ! cmp "$made" "$folder/$name"; then
        failed=1
    fi
done
for kept in "$folder"/*.onnx "$folder"/*.vnnlib "$folder"/*.csv; do
    if [ ! -e "$scratch/${kept##*/}" ]; then
        echo "$kept is not made by the generator"
        failed=1
    fi
done
# A generator that wrote nothing has compared nothing.
if [ "$n" -lt 10 ]; then
    echo "only $n files were made"
    failed=1
fi
[ "$failed" -eq 0 ] && echo "$n files are the same"
exit "$failed"
