#!/usr/bin/env bash
# Fuzzes the checker's readers of certificates, networks and properties with
# libFuzzer under sanitizers, all three for SECONDS each. Seeds are the files
# of benchmarks/models, and certificates that ASTROLABE makes for them. What
# is found is left in FOLDER/<target>/found.
# Usage: run.sh SECONDS ASTROLABE [FOLDER], in the root of the tree
set -euo pipefail

seconds=$1
astrolabe=$2
folder=${3:-build/fuzz}
models=benchmarks/models
readonly targets='cert onnx vnnlib'

if ! echo 'int LLVMFuzzerTestOneInput(void);
        int LLVMFuzzerTestOneInput(void) { return 0; }' |
    clang -fsanitize=fuzzer,address -x c - -o /dev/null 2> /dev/null; then
    echo "SKIPPED fuzz: clang has no libFuzzer here"
    exit 0
fi

mkdir -p "$folder/objects"
for target in $targets; do
    mkdir -p "$folder/$target/seeds" "$folder/$target/corpus" \
        "$folder/$target/found"
done

# shellcheck disable=SC2054
flags=(-std=c17 -O1 -g -I. -D_POSIX_C_SOURCE=200809L
    -fno-omit-frame-pointer -fsanitize=address,undefined
    -fno-sanitize-recover=all)
shims=(-Dexit=fuzz_exit -Dfopen=fuzz_open -Dcalloc=fuzz_calloc
    -Drealloc=fuzz_realloc -Dfree=fuzz_free
    -Dpthread_mutex_lock=fuzz_lock -Dpthread_mutex_unlock=fuzz_lock)

# compile <source> <options...>: an object in the folder
compile() {
    local source=$1
    shift
    clang "${flags[@]}" "$@" -c "$source" \
        -o "$folder/objects/$(basename "$source" .c).o"
}
export -f compile

# The checker's sources but that of its program, then the shim.
build() {
    local source
    for source in proofs/check/*.c; do
        [ "$source" != proofs/check/check_main.c ] || continue
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
        compile "$source" -fsanitize=fuzzer-no-link "${shims[@]}" &
    done
    wait
    compile tests/fuzz/fuzz_shim.c
    for target in $targets; do
        clang "${flags[@]}" -fsanitize=fuzzer "tests/fuzz/fuzz_check_$target.c" \
            "$folder"/objects/check_*.o "$folder/objects/fuzz_shim.o" \
            -lmpfr -lgmp -lpthread -o "$folder/fuzz_check_$target"
    done
}

# Certificates without END behind the number of a subject of fuzz_check_cert.
make_certificates() {
    local network property number name
    while read -r number network property; do
        name=$folder/cert/seeds/$property
        [ ! -e "$name" ] || continue
        "$astrolabe" verify --quiet --network "$models/$network.onnx" \
            --proof "$folder/proof" "$models/$property.vnnlib" \
            > "$folder/log" 2>&1 || true
        [ -e "$folder/proof" ] || continue
        { printf '%b' "\\x0$number" && head -c -32 "$folder/proof"; } > "$name"
        # The same proof for a property that fails.
        { printf '%b' "\\x0$((number + 1))" && head -c -32 "$folder/proof"; } \
            > "$name.next"
        rm "$folder/proof"
    done <<'LIST'
0 tiny tiny_holds_1
1 tiny tiny_holds_4
2 tiny tiny_fails_1
3 tiny tiny_fails_2
4 controller controller_holds_4
5 controller controller_fails_1
6 residual residual_holds_1
7 residual residual_fails_1
LIST
}

build
cp "$models"/*.onnx "$folder/onnx/seeds"
cp "$models"/*.vnnlib tests/parse/vnnlib/*.vnnlib "$folder/vnnlib/seeds"
make_certificates

# run <target>: its figures, or its output if it failed
run() {
    local log=$folder/$1/log
    if ! ASTROLABE_MODELS=$models "$folder/fuzz_check_$1" \
        -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 \
        -max_len=65536 -close_fd_mask=3 -print_final_stats=1 \
        -artifact_prefix="$folder/$1/found/" "$folder/$1/corpus" \
        "$folder/$1/seeds" > "$log" 2>&1; then
        tail -n 60 "$log"
        echo "FAILED $1: see $folder/$1/found"
        return 1
    fi
    printf '%s: %s runs, %s seeds, %s new inputs\n' "$1" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(find "$folder/$1/seeds" -type f | wc -l)" \
        "$(sed -n 's/^stat::new_units_added: *//p' "$log")"
}

n_failed=0
pids=()
for target in $targets; do
    run "$target" &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || n_failed=$((n_failed + 1))
done
[ "$n_failed" -eq 0 ]
