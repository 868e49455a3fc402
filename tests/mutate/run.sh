#!/usr/bin/env bash
# Mutants of the certificates of tests/cert and of those that ASTROLABE makes
# for benchmarks/models and the models of mutate itself: see mutate.c.
# Usage: run.sh MUTATE CASES ASTROLABE FOLDER [OPTIONS of mutate...], in the
# root of the tree
set -euo pipefail

mutate=$1
cases=$2
astrolabe=$3
folder=$4
shift 4
readonly models=benchmarks/models most_bytes=400

rm -rf "$folder"
mkdir -p "$folder"
"$cases" --export "$folder" tests/cert > "$folder/list"

# Proofs of properties that hold; the same for the next property that fails.
for property in "$models"/{tiny,controller,residual}_holds_*.vnnlib; do
    name=$(basename "$property" .vnnlib)
    network=$models/${name%%_*}
    proof=$folder/$name.dbc
    "$astrolabe" verify --quiet --network "$network.onnx" --proof "$proof" \
        "$property" > /dev/null
    if [ "$(wc -c < "$proof")" -le "$most_bytes" ]; then
        echo "holds $network.onnx $property $proof"
        for fails in "$network"_fails_{1,2}.vnnlib; do
            echo "fails $network.onnx $fails $proof"
        done
    fi
done >> "$folder/list"

# Networks of other neurons than ReLUs.
"$mutate" --models "$folder"
for name in curve product share; do
    network=$folder/$name.onnx
    proof=$folder/$name.dbc
    "$astrolabe" verify --quiet --network "$network" --proof "$proof" \
        "$folder/${name}_holds_1.vnnlib" > /dev/null
    for kind in holds fails; do
        echo "$kind $network $folder/${name}_${kind}_1.vnnlib $proof"
    done
done >> "$folder/list"

"$mutate" "$@" "$folder" "$folder/list"
