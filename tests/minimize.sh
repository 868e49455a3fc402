#!/bin/sh
# Minimized certificates of the small networks of benchmarks/models: accepted
# by the checker, never larger than recorded, and not minimized in vain.
# Usage: minimize.sh TOOL CHECKER
set -eu

tool=$1
checker=$2
models=benchmarks/models

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT HUP INT TERM
recorded=$scratch/recorded.dbc
small=$scratch/small.dbc
report=$scratch/report.csv

fail() {
    echo "$1"
    failed=1
}

bytes() {
    wc -c <"$1"
}

# Whether the checker accepts a certificate of $network and $property.
accepts() {
    "$checker" "$1" --network "$network" --property "$property" \
        >"$scratch/out" 2>"$scratch/err"
}

failed=0
n=0
n_smaller=0
for property in "$models"/*_holds_*.vnnlib; do
    name=${property##*/}
    network=$models/${name%%_holds_*}.onnx
    rm -f "$recorded" "$small"
    "$tool" verify "$property" --network "$network" --proof "$recorded" \
        --no-attack --threads 1 --timeout 20 --quiet >"$scratch/verdict"
    [ -e "$recorded" ] || continue
    n=$((n + 1))
    accepts "$recorded" || fail "$name: the recorded certificate is rejected"
    "$tool" proof minimize "$recorded" "$small" --network "$network" \
        --property "$property" --report "$report" --quiet ||
        fail "$name: not minimized"
    accepts "$small" || fail "$name: the minimized certificate is rejected"
    if [ "$(bytes "$small")" -gt "$(bytes "$recorded")" ]; then
        fail "$name: the minimized certificate is larger"
    elif [ "$(bytes "$small")" -lt "$(bytes "$recorded")" ]; then
        n_smaller=$((n_smaller + 1))
    fi
    if grep -q ',rejected,' "$report"; then
        fail "$name: the checker rejects what a pass leaves"
        cat "$report"
    fi
done
# Closings and lemmas that add up many literals.
for property in "$models"/controller_holds_[46].vnnlib; do
    network=$models/controller.onnx
    rm -f "$recorded"
    "$tool" verify "$property" --network "$network" --proof "$recorded" \
        --no-attack --threads 1 --timeout 20 --engine neuron --minimize 0 \
        --quiet >"$scratch/verdict"
    accepts "$recorded" ||
        fail "${property##*/}: the proof by splits of neurons is rejected"
    "$tool" proof minimize "$recorded" "$small" --network "$network" \
        --property "$property" --report "$report" --quiet ||
        fail "${property##*/}: not minimized"
    awk -F, 'NR > 2 && $3 > bytes { exit 1 } NR > 1 { bytes = $3 }' "$report" ||
        fail "${property##*/}: a pass makes it larger"
done
# Splits of neurons where the benchmarks are at hand: combinations in which an
# atom comes twice, once in a sum of atoms; regions that lemmas empty.
unpack_shared() {
    network=$scratch/network.onnx
    property=$scratch/property.vnnlib
    gunzip -c "../shared/vnncomp/$1/onnx/$2.onnx.gz" >"$network"
    gunzip -c "../shared/vnncomp/$1/vnnlib/$3.vnnlib.gz" >"$property"
}
minimize_shared() {
    unpack_shared "$@"
    rm -f "$recorded"
    "$tool" verify "$property" --network "$network" --proof "$recorded" \
        --no-attack --threads 1 --timeout 60 --engine neuron --minimize 0 \
        --quiet >"$scratch/verdict"
    accepts "$recorded" || fail "$3: the recorded proof is rejected"
    "$tool" proof minimize "$recorded" "$small" --network "$network" \
        --property "$property" --passes slice --quiet ||
        fail "$3: not minimized"
    accepts "$small" || fail "$3: the minimized certificate is rejected"
    [ "$(bytes "$small")" -lt "$(bytes "$recorded")" ] ||
        fail "$3: no lemma is dropped"
}
if [ -d ../shared/vnncomp ]; then
    minimize_shared cersyve pendulum_finetune_inv prop_pendulum
    minimize_shared reach_prob_density gcas gcas_0
fi
# A tool that proves nothing, or passes that do nothing, have tested nothing.
[ "$n" -ge 10 ] || fail "only $n certificates were recorded"
[ "$n_smaller" -ge 3 ] || fail "only $n_smaller certificates became smaller"
[ "$failed" -eq 0 ] && echo "$n certificates, $n_smaller became smaller"
exit "$failed"
