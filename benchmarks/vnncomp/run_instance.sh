#!/bin/sh
# Decides one instance and leaves the verdict in RESULTS; always exits with 0.
# Usage: run_instance.sh v1 CATEGORY ONNX VNNLIB RESULTS TIMEOUT
set -u

if [ "$#" -ne 6 ] || [ "$1" != v1 ]; then
    echo "usage: run_instance.sh v1 CATEGORY ONNX VNNLIB RESULTS TIMEOUT" >&2
    exit 0
fi
onnx=$3
vnnlib=$4
results=$5
timeout=$6
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
tool=${ASTROLABE:-$root/build/release/astrolabe}
pid_file=${TMPDIR:-/tmp}/astrolabe-vnncomp.$(id -u).pid

case $onnx in
'['*) network=--network-list=$onnx ;;
*) network=--network=$onnx ;;
esac

# The tool writes the file itself; this line stands if it cannot start.
echo error >"$results"
"$tool" verify --quiet --unsupported=unknown --timeout="$timeout" \
    --results-file="$results" "$network" -- "$vnnlib" &
pid=$!
echo "$pid" >"$pid_file"
trap 'kill -TERM "$pid" 2>/dev/null' TERM INT
# A trapped signal ends the first wait early.
wait "$pid"
wait "$pid" 2>/dev/null
rm -f "$pid_file"
exit 0
