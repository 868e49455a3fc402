#!/bin/sh
# Verifies all properties of benchmarks/models: each must get the verdict of
# expected.csv.
# Usage: verdicts.sh ASTROLABE FOLDER
set -eu

astrolabe=$1
folder=$2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT HUP INT TERM

"$astrolabe" bench "$folder" --expected "$folder/expected.csv" \
    --results "$scratch/results.csv" --quiet
awk -F, '
    FNR == 1 { next }
    NR == FNR { verdict[$2, $3] = $4; next }
    {
        n++
        if (verdict[$2, $3] != $4) {
            print $3 ": expected " $4 ", got " verdict[$2, $3]
            n_wrong++
        }
    }
    END {
        print n - n_wrong " of " n " as expected"
        exit n_wrong > 0 || n < 10
    }' "$scratch/results.csv" "$folder/expected.csv"
