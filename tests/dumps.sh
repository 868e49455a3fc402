#!/bin/sh
# The verifier and its checker understand networks and properties alike:
#   1 `astrolabe dump` and `astrolabe-check --dump` print the same bytes for
#     every network and every property of benchmarks/models and of some
#     benchmarks of ../shared/vnncomp, each at least once
#   2 the checker refuses every file of tests/parse/vnnlib with status 3 or 4,
#     with its place, and prints nothing
#   3 its other ends: no success but for what was asked for
# Usage: dumps.sh ASTROLABE ASTROLABE_CHECK, in the root of the tree
set -eu
export LC_ALL=C

astrolabe=$1
checker=$2
shared=../shared/vnncomp

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT HUP INT TERM
: >"$scratch/seen"
n_same=0
n_wrong=0

# Compares the dumps of network $1 and property $2, both plain files.
compare() {
    if "$checker" --dump --network "$1" --property "$2" \
        >"$scratch/checker" 2>"$scratch/checker_log" &&
        "$astrolabe" dump --quiet --network "$1" "$2" \
            >"$scratch/verifier" 2>"$scratch/verifier_log" &&
        cmp -s "$scratch/verifier" "$scratch/checker"; then
        n_same=$((n_same + 1))
        return
    fi
    n_wrong=$((n_wrong + 1))
    printf '%s\n  %s\n' "$1" "$2"
    cat "$scratch/checker_log"
    if [ -s "$scratch/verifier" ]; then
        cat "$scratch/verifier_log"
        diff "$scratch/verifier" "$scratch/checker" | cut -c1-200 | head -n 6
    fi
    rm -f "$scratch/verifier"
}

# True if $1 has not been seen before.
is_new() {
    ! grep -qxF -- "$1" "$scratch/seen" && printf '%s\n' "$1" >>"$scratch/seen"
}

# Path of the plain file in place of $1, which may be packed.
unpack() {
    if [ -e "$1" ]; then
        printf '%s\n' "$1"
    else
        gzip -dc "$1.gz" >"$scratch/${1##*/}"
        printf '%s\n' "$scratch/${1##*/}"
    fi
}

# All instances of folder $1 whose `network,property` matches the pattern $2
# and that show a network or a property not seen before.
compare_folder() {
    cut -d, -f1,2 "$1/instances.csv" | grep -E -- "$2" >"$scratch/list"
    while IFS=, read -r network property; do
        new=no
        ! is_new "$1/$network" || new=yes
        ! is_new "$1/$property" || new=yes
        if [ "$new" = yes ]; then
            network=$(unpack "$1/$network")
            property=$(unpack "$1/$property")
            compare "$network" "$property"
            rm -f "$scratch"/*.onnx "$scratch"/*.vnnlib
        fi
    done <"$scratch/list"
}

# Requires that at least $1 pairs were the same, of $2.
require() {
    if [ "$n_same" -lt "$1" ]; then
        echo "only $n_same dumps of $2 are the same, expected $1"
        n_wrong=$((n_wrong + 1))
    fi
    n_same=0
}

compare_folder benchmarks/models .
require 35 benchmarks/models
if [ -d "$shared" ]; then
    compare_folder "$shared/acasxu" .
    compare_folder "$shared/rl_benchmarks" .
    compare_folder "$shared/reach_prob_density" .
    compare_folder "$shared/tllverifybench" 'N=M=(8|16|24|32)_'
    compare_folder "$shared/linearizenn" .
    compare_folder "$shared/test" .
    compare_folder "$shared/nn4sys" 'lindex.*lindex_(1|200|800|1000)\.'
    compare_folder "$shared/vnnlib2" '(acasxu|reach_prob|rl_bench|lindex_1)\.?'
    require 500 "$shared"
    compare_folder "$shared/lsnc" '_0\.'
    compare_folder "$shared/ml4acopf" '14_ieee.*prop2\.'
    compare_folder "$shared/nn4sys" 'mscn_128d.onnx.*_0_1_128|pensieve_parallel_4\.'
    compare_folder "$shared/cgan" 'upsample'
    compare_folder "$shared/vit" '8835'
    require 7 "networks of further operators"
else
    echo "SKIPPED dumps of $shared: it is absent"
fi

n=0
for file in tests/parse/vnnlib/*.vnnlib; do
    status=0
    "$checker" --dump --network benchmarks/models/tiny.onnx \
        --property "$file" >"$scratch/out" 2>"$scratch/log" || status=$?
    n=$((n + 1))
    if { [ "$status" -ne 3 ] && [ "$status" -ne 4 ]; } ||
        [ -s "$scratch/out" ] ||
        ! grep -qE "^astrolabe-check: $file:[0-9]+:[0-9]+: " "$scratch/log"; then
        n_wrong=$((n_wrong + 1))
        echo "$file: status $status"
        cat "$scratch/log"
    fi
done
if [ "$n" -lt 60 ]; then
    echo "only $n malformed properties"
    n_wrong=$((n_wrong + 1))
fi

# expect STATUS ARGUMENTS: nothing on stdout unless the status is 0
expect() {
    expected=$1
    shift
    status=0
    "$checker" "$@" >"$scratch/out" 2>"$scratch/log" || status=$?
    if [ "$status" -ne "$expected" ] ||
        { [ "$status" -ne 0 ] && [ -s "$scratch/out" ]; } ||
        { [ "$status" -eq 0 ] && [ ! -s "$scratch/out" ]; } ||
        grep -q '^accepted' "$scratch/out"; then
        n_wrong=$((n_wrong + 1))
        echo "astrolabe-check $*: status $status, expected $expected"
    fi
}
model=benchmarks/models/tiny.onnx
property=benchmarks/models/tiny_holds_1.vnnlib
expect 0 --help
expect 0 --version
expect 0 --network "$model" --property "$property" --dump
expect 2
expect 2 --dump
expect 2 --dump --network "$model"
expect 2 --dump --network "$model" --property
expect 2 --dump --network "$model" --property "$property" --property "$property"
expect 2 --dump --network "$model" --property "$property" certificate
expect 2 --network "$model" --property "$property"
expect 2 --network "$model" --property "$property" one two
expect 2 --network "$model" --property "$property" --verbose
expect 3 --dump --network "$model" --property "$scratch/absent"
expect 3 --dump --network "$scratch/absent" --property "$property"
expect 3 --dump --network "$property" --property "$property"
expect 3 --dump --network "$model" --property "$model"
expect 3 --network "$model" --property "$property" "$scratch/absent"
expect 3 --network "$model" --property "$property" "$property"

[ "$n_wrong" -eq 0 ] && echo "all dumps are the same, $n files refused"
exit "$((n_wrong > 0))"
