#!/usr/bin/env bash
# Builds the checker with one fault of faults.txt at a time: the tests must
# see each. A line of faults.txt is a source of proofs/check and a sed
# expression, which must change something.
# Usage: run.sh TREE FOLDER [PATTERN], only faults that match the pattern
set -euo pipefail

tree=$(cd "$1" && pwd)
folder=$2
pattern=${3:-.}
killers=$(cd "$tree/tests" && basename -s .c -a unit/test_check_*.c \
    unit/test_cells.c property/prop_check_*.c)
mkdir -p "$folder"
copy=$folder/tree
build=$folder/build

rm -rf "$copy" "$build"
mkdir -p "$copy"
(cd "$tree" && tar -cf - --exclude=./build --exclude=./.git .) |
    tar -xf - -C "$copy"
cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS='-O1 -Wno-error' > "$folder/log"

# build <goal...>
build() {
    # shellcheck disable=SC2086
    cmake --build "$build" -t astrolabe-check cases $killers \
        >> "$folder/log" 2>&1
}

# Prints the test that fails, and if a case was accepted that must not be;
# `nothing` if all pass.
find_killer() {
    local killer
    if ! timeout 120 "$build/tests/cases" "$build/astrolabe-check" \
        "$copy/tests/cert" > "$folder/out" 2>&1; then
        if grep -q '/reject/.* exit 0: ' "$folder/out"; then
            echo 'cases: accepted'
        else
            echo cases
        fi
        return
    fi
    for killer in $killers; do
        if ! (cd "$copy" && CK_DEFAULT_TIMEOUT=60 timeout 300 \
            "$build/tests/$killer" > "$folder/out" 2>&1); then
            echo "$killer"
            return
        fi
    done
    echo nothing
}

if ! build; then
    tail "$folder/log"
    exit 1
fi
killer=$(find_killer)
if [ "$killer" != nothing ]; then
    echo "without a fault: $killer fails"
    cat "$folder/out"
    exit 1
fi

n=0
n_alive=0
while read -r source expression; do
    file=$copy/proofs/check/$source.c
    cp "$file" "$folder/kept.c"
    sed "$expression" "$folder/kept.c" > "$file"
    n=$((n + 1))
    if cmp -s "$file" "$folder/kept.c"; then
        killer='nothing: the source has changed'
        n_alive=$((n_alive + 1))
    elif ! build; then
        killer='nothing: it does not compile'
        n_alive=$((n_alive + 1))
    else
        killer=$(find_killer)
        [ "$killer" != nothing ] || n_alive=$((n_alive + 1))
    fi
    printf '%-24s %s %s\n' "$killer" "$source" "$expression"
    cp "$folder/kept.c" "$file"
done < <(grep -E -- "$pattern" "$tree/tests/faults/faults.txt")

echo "$((n - n_alive)) of $n faults seen"
echo "$((100 * (n - n_alive) / n))%: Checks: $n, Failures: $n_alive, Errors: 0"
[ "$n_alive" -eq 0 ]
