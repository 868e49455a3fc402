#!/bin/sh
# Proves nothing that is false: runs the instances whose known verdict is sat
# with attacks off, so that only the search can decide them, each for at most
# SECONDS, alone and with one thread. Prints a CSV row per benchmark: how many
# were tried, how many searches met a witness, how many stayed open, and how
# many were wrongly proved; the last must be 0, else the exit status is 1. Each
# DIR is a benchmark folder with DIR/../expected.csv. OPTIONS are those of
# `astrolabe verify`, as `--engine neuron` or `--proof /dev/null`.
# Usage: never_proved.sh BUILD-FOLDER SECONDS DIR... [-- OPTIONS]
set -eu

build=$1
seconds=$2
shift 2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# A folder with the files of folder $1 that lists its sat instances only.
make_folder() {
    name=$(basename "$1")
    for other in "$1"/../*/; do
        ln -sfn "$(realpath "$other")" "$scratch/$(basename "$other")"
    done
    rm "$scratch/$name"
    mkdir "$scratch/$name"
    for file in "$1"/*; do
        ln -s "$(realpath "$file")" "$scratch/$name/"
    done
    rm "$scratch/$name/instances.csv"
    awk -F, -v name="$name" '
        NR == FNR && $1 == name && $4 == "sat" { is_sat[$2, $3] = 1 }
        NR > FNR && is_sat[$1, $2]' "$1/../expected.csv" "$1/instances.csv" \
        >"$scratch/$name/instances.csv"
}

n_dirs=0
for word in "$@"; do
    [ "$word" != -- ] || break
    n_dirs=$((n_dirs + 1))
done

status=0
echo "benchmark,sat,witness,open,proved"
while [ "$n_dirs" -gt 0 ]; do
    dir=$1
    shift
    n_dirs=$((n_dirs - 1))
    make_folder "$dir"
    [ -s "$scratch/$name/instances.csv" ] || continue
    # The rest of the words: folders before --, which verify must not see.
    rows=$scratch/$name.csv
    (
        while [ $# -gt 0 ] && [ "$1" != -- ]; do
            shift
        done
        [ $# -eq 0 ] || shift
        "$build/astrolabe" bench "$scratch/$name" --quiet --fresh \
            --expected "$dir/../expected.csv" --results "$rows" \
            --timeout "$seconds" -- --no-attack --threads 1 "$@" \
            >"$scratch/log" 2>&1 || [ -s "$rows" ]
    ) || { cat "$scratch/log" >&2; exit 1; }
    awk -F, -v name="$name" '
        FNR > 1 { n++; of[$4]++ }
        END {
            proved = of["unsat"] + 0
            print name "," n "," of["sat"] + 0 "," n - of["sat"] - proved "," proved
            exit proved > 0
        }' "$rows" || status=1
done
exit $status
