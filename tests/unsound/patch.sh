#!/bin/sh
# Writes a source with faults: each line of SCRIPT is a sed expression and must
# change something.
# Usage: patch.sh SOURCE SCRIPT OUTPUT
set -eu

source=$1
script=$2
output=$3
cp "$source" "$output"
while IFS= read -r expression; do
    sed "$expression" "$output" >"$output.next"
    if cmp -s "$output" "$output.next"; then
        echo "$source has changed: nothing for $expression of $script" >&2
        rm -f "$output" "$output.next"
        exit 1
    fi
    mv "$output.next" "$output"
done <"$script"
