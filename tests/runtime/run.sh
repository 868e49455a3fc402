#!/bin/sh
# Compares evaluation at random inputs with an independent ONNX runtime,
# onnxruntime-node: from the folder ASTROLABE_RUNTIME, in which it is installed,
# or else from npm. Without either the test reports itself as skipped.
# Usage: run.sh RUNTIME_VALUES, in the root of the tree
set -eu
export LC_ALL=C

values=$1
version=1.26.0
points=3
most_bytes=3000000 # of a packed network
shared=../shared/vnncomp
script=$PWD/tests/runtime/compare.js

skip() {
    echo "SKIPPED runtime: $1"
    exit 0
}

[ -d "$shared" ] || skip "$shared is absent"
command -v node >/dev/null || skip "node is absent"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT HUP INT TERM
modules=${ASTROLABE_RUNTIME:-}
if [ -z "$modules" ]; then
    command -v npm >/dev/null || skip "npm is absent"
    modules=$scratch
    (cd "$scratch" && timeout 300 npm install --ignore-scripts --no-audit \
        --no-fund "onnxruntime-node@$version" >"$scratch/log" 2>&1) ||
        skip "npm cannot install onnxruntime-node@$version"
fi
export NODE_PATH="$modules/node_modules"
node -e 'require("onnxruntime-node")' 2>/dev/null ||
    skip "onnxruntime-node is not in $NODE_PATH"

n_same=0
n_wrong=0
for packed in "$shared"/*/onnx/*.onnx.gz; do
    if [ "$(wc -c <"$packed")" -gt "$most_bytes" ]; then
        echo "SKIPPED $packed: large"
        continue
    fi
    gzip -dc "$packed" >"$scratch/net.onnx"
    if "$values" "$scratch/net.onnx" "$points" 1 >"$scratch/values" &&
        node "$script" "$scratch/net.onnx" <"$scratch/values"; then
        n_same=$((n_same + 1))
    else
        echo "$packed: differs"
        n_wrong=$((n_wrong + 1))
    fi
done
echo "runtime: $n_same networks agree, $n_wrong do not"
[ "$n_wrong" -eq 0 ] && [ "$n_same" -ge 100 ]
