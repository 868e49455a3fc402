#!/usr/bin/env bash
# Provers with a fault verify properties that fail. Whatever certificate of
# unsat they write, the checker must reject it; each prover must write some.
# Usage: unsound.sh CHECKER FOLDER MUTATE PROVER..., in the root of the tree;
# MUTATE writes networks of other neurons than ReLUs, and deep ones
set -euo pipefail

checker=$1
models=$2
mutate=$3
shift 3

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
n_checks=0
n_failures=0

# try <prover> <property> <network options>: 0 if it wrote a certificate
try() {
    local prover=$1 property=$2 status option
    shift 2
    rm -f "$scratch/proof"
    # A fault may end in an assertion: no certificate then.
    "$prover" verify --quiet --no-attack --threads 1 --timeout 3 --minimize 0 \
        "$@" --proof "$scratch/proof" "$property" \
        > "$scratch/out" 2> "$scratch/log" || true
    if [ ! -s "$scratch/proof" ] || ! grep -q '^unsat' "$scratch/out"; then
        return 1
    fi
    for option in '' --exact; do
        status=0
        "$checker" "$@" --property "$property" \
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

"$mutate" --models "$scratch"

# The properties that a prover is tried on: those that its fault is about.
list_properties() {
    case $(basename "$1") in
    unsound_share) ls "$scratch"/share_fails_*.vnnlib ;;
    unsound_renewal) ls "$scratch"/{curve,product,share}_fails_*.vnnlib ;;
    unsound_forms) ls "$models"/{tiny_fails_1,controller_fails_3}.vnnlib ;;
    unsound_leaf | unsound_side | unsound_raise)
        ls "$scratch"/deep*_fails_*.vnnlib
        ;;
    unsound_own) ls "$scratch"/joined*_fails_*.vnnlib ;;
    *) ls "$models"/{tiny,controller,residual}_fails_*.vnnlib ;;
    esac
}

# The distances of two networks that it is tried on.
list_distances() {
    case $(basename "$1") in
    unsound_share | unsound_renewal | unsound_forms) ;;
    unsound_leaf | unsound_side | unsound_raise | unsound_own) ;;
    *) echo 0.008 0.01 0.012 0.014 ;;
    esac
}

# Networks that are more than 0.014 apart in this box.
pair=("$models/controller.onnx" "$models/controller_8bit.onnx")
box=-1:-0.94,0.94:1,-0.83:-0.73,0.95:1,-1:-0.95

for prover; do
    n=0
    for property in $(list_properties "$prover"); do
        network=${property%_fails_*}.onnx
        if try "$prover" "$property" --network "$network"; then
            n=$((n + 1))
        fi
    done
    for epsilon in $(list_distances "$prover"); do
        "$prover" compare "${pair[@]}" --epsilon "$epsilon" --box="$box" \
            > "$scratch/pair.vnnlib"
        if try "$prover" "$scratch/pair.vnnlib" --network "f=${pair[0]}" \
            --network "g=${pair[1]}"; then
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
