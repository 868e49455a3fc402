#!/bin/sh
# What each pass of minimization does to the certificates of a benchmark
# folder, as CSV on standard output: one row per pass, in the order in which
# they run, summed over the certificates that could be recorded: as many as
# MOST, from as many as two times MOST instances spread over the list.
# SECONDS limit the search for each certificate, BUDGET its minimization with
# the checks after each pass. DIR may be neuron:DIR for the engine that splits
# neurons. With ASTROLABE_PROCEDURES="greedy lp both" each pass is also run
# with multipliers thinned out by deletion, and by a linear program.
# Usage: ablation.sh BUILD-FOLDER SECONDS BUDGET MOST DIR...
set -eu

build=$1
seconds=$2
budget=$3
most=$4
shift 4
procedures=${ASTROLABE_PROCEDURES:-both}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT HUP INT TERM
raw=$scratch/raw.dbc
small=$scratch/small.dbc

# The rows of one certificate, with the seconds of a second try of a pass
# added to the first and the file as it is after the pass.
minimize() {
    "$build/astrolabe" proof minimize "$raw" "$small" --network "$1" \
        --property "$2" --procedure "$3" --budget "$budget" --quiet \
        --report "$scratch/report.csv" || return 0
    awk -F, -v procedure="$3" '
        NR == 1 { next }
        !($1 in time) { order[++n] = $1 }
        { time[$1] += $9 }
        $2 == "kept" { sizes = $3 "," $4 "," $5 "," $6 "," $7 "," $8 "," $10 }
        $2 == "rejected" { rejected[$1]++ }
        { state[$1] = sizes }
        END {
            for (i = 1; i <= n; i++) {
                p = order[i]
                print procedure "," p "," rejected[p] + 0 "," state[p] "," \
                    time[p]
            }
        }' "$scratch/report.csv" >>"$scratch/rows.csv"
}

one_instance() {
    rm -f "$raw"
    "$build/astrolabe" verify "$2" --network "$1" --engine "$engine" \
        --minimize 0 --proof "$raw" --no-attack --threads 1 --quiet \
        --timeout "$seconds" >"$scratch/verdict" 2>&1 || return 0
    grep -q '^unsat' "$scratch/verdict" && [ -e "$raw" ] || return 0
    n_recorded=$((n_recorded + 1))
    for procedure in $procedures; do
        minimize "$1" "$2" "$procedure"
    done
}

echo "benchmark,engine,procedure,pass,certificates,rejected,bytes,leaves,refreshes,lemmas,slopes,multipliers,check_seconds,minimize_seconds,bytes_of_raw,check_of_raw"
for folder; do
    engine=auto
    if [ "${folder#neuron:}" != "$folder" ]; then
        engine=neuron
        folder=${folder#neuron:}
    fi
    : >"$scratch/rows.csv"
    n_recorded=0
    awk -v n="$(wc -l <"$folder/instances.csv")" -v most="$((2 * most))" '
        int((NR - 1) * most / n) < int(NR * most / n)
    ' "$folder/instances.csv" >"$scratch/sample.csv"
    while IFS=, read -r network property _; do
        for file in "$network" "$property"; do
            if [ -e "$folder/$file.gz" ] && [ ! -e "$folder/$file" ]; then
                mkdir -p "$scratch/${file%/*}"
                gunzip -c "$folder/$file.gz" >"$scratch/$file"
            fi
        done
        network=${network#./}
        if [ -e "$folder/$network" ]; then
            network=$folder/$network
        else
            network=$scratch/$network
        fi
        if [ -e "$folder/$property" ]; then
            property=$folder/$property
        else
            property=$scratch/$property
        fi
        if [ ! -e "$network" ] || [ ! -e "$property" ]; then continue; fi
        [ "$n_recorded" -ge "$most" ] ||
            one_instance "$network" "$property" </dev/null
    done <"$scratch/sample.csv"
    awk -F, -v name="$(basename "$folder")" -v engine="$engine" '
        { key = $1 "," $2; if (!(key in n)) order[++m] = key; n[key]++
          for (i = 3; i <= 11; i++) sum[key, i] += $i }
        END {
            for (i = 1; i <= m; i++) {
                key = order[i]; split(key, part, ",")
                raw = part[1] ",none"
                printf "%s,%s,%s,%d", name, engine, key, n[key]
                for (j = 3; j <= 9; j++) printf ",%d", sum[key, j]
                printf ",%.3f,%.3f,%.3f,%.3f\n", sum[key, 10], sum[key, 11],
                    sum[key, 4] / sum[raw, 4],
                    sum[key, 10] / (sum[raw, 10] > 0 ? sum[raw, 10] : 1)
            }
        }' "$scratch/rows.csv"
done
