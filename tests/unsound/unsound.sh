#!/usr/bin/env bash
# Provers with a fault verify properties that fail. Whatever certificate of
# unsat they write, the checker must reject it; each prover must write some.
# Usage: unsound.sh CHECKER FOLDER PROVER..., in the root of the tree
set -euo pipefail

checker=$1
models=$2
shift 2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
n_checks=0
n_failures=0

# try <prover> <property>: 0 if it wrote a certificate
try() {
    local prover=$1 property=$2 network status option
    network=$models/$(basename "$property" | cut -d_ -f1).onnx
    rm -f "$scratch/proof"
    # A fault may end in an assertion: no certificate then.
    "$prover" verify --quiet --no-attack --threads 1 --timeout 3 --minimize 0 \
        --network "$network" --proof "$scratch/proof" "$property" \
        > "$scratch/out" 2> "$scratch/log" || true
    if [ ! -s "$scratch/proof" ] || ! grep -q '^unsat' "$scratch/out"; then
        return 1
    fi
    for option in '' --exact; do
        status=0
        "$checker" --network "$network" --property "$property" \
            "$scratch/proof" $option > "$scratch/out" 2> "$scratch/log" ||
            status=$?
        n_checks=$((n_checks + 1))
        if [ "$status" -ne 1 ] || grep -q '^accepted' "$scratch/out"; then
            n_failures=$((n_failures + 1))
            echo "$(basename "$prover") $property $option: exit $status"
            cat "$scratch/log"
        fi
    done
}

for prover; do
    n=0
    for property in "$models"/{tiny,controller,residual}_fails_*.vnnlib; do
        if try "$prover" "$property"; then
            n=$((n + 1))
        fi
    done
    echo "$(basename "$prover"): $n false certificates"
    n_checks=$((n_checks + 1))
    if [ "$n" -eq 0 ]; then
        n_failures=$((n_failures + 1))
        echo "$(basename "$prover") has no fault"
        cat "$scratch/log"
    fi
done
echo "$((100 * (n_checks - n_failures) / n_checks))%: Checks: $n_checks," \
    "Failures: $n_failures, Errors: 0"
[ "$n_failures" -eq 0 ]
