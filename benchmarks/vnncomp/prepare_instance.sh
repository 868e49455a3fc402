#!/bin/sh
# Ends what an earlier run left behind and looks whether the files are there.
# Usage: prepare_instance.sh v1 CATEGORY ONNX VNNLIB
set -eu

if [ "$#" -ne 4 ] || [ "$1" != v1 ]; then
    echo "usage: prepare_instance.sh v1 CATEGORY ONNX VNNLIB" >&2
    exit 1
fi
pid_file=${TMPDIR:-/tmp}/astrolabe-vnncomp.$(id -u).pid

# Only the recorded process, and only if it still is the tool.
if [ -r "$pid_file" ]; then
    pid=$(cat "$pid_file")
    case $(readlink "/proc/$pid/exe" 2>/dev/null || true) in
    */astrolabe | */astrolabe' (deleted)')
        kill -KILL "$pid" 2>/dev/null || true
        ;;
    esac
    rm -f "$pid_file"
fi

require_file() {
    if [ ! -r "$1" ] && [ ! -r "$1.gz" ]; then
        echo "cannot read '$1'" >&2
        exit 1
    fi
}

require_file "$4"
case $3 in
'['*) ;; # several networks: the tool reads the list
*) require_file "$3" ;;
esac
