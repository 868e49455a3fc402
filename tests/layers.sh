#!/usr/bin/env bash
# Who may include whom, and what may appear where, for the whole tree:
#   1 every #include "..." against the table of layers below
#   2 every #include <...> against the table of outside headers below
#   3 every project header compiles alone
#   4 file names are unique
#   5 words that may not appear in product code
#   6 the checker's program, if ASTROLABE_CHECK names it: global symbols are
#     main and check_*, libraries are libc, GMP and MPFR
# Usage: bash tests/layers.sh [folder of the tree]
set -euo pipefail
export LC_ALL=C
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"

# library: the prefixes its #include "..." may start with, itself first.
# A file belongs to the first line below whose own prefix it starts with.
layers='
src/base/: src/base/
src/num/: src/num/ src/base/
src/onnx/: src/onnx/ src/base/
vnnlib/: vnnlib/ src/base/ src/num/
solver/lp: solver/lp src/base/ src/num/
src/net/: src/net/ src/base/ src/num/ src/onnx/
src/query/: src/query/ src/base/ src/num/ src/net/ vnnlib/
proofs/check/: proofs/check/
proofs/: proofs/ src/base/ src/num/
domains/: domains/ src/base/ src/num/ solver/lp src/net/ src/query/
src/attack/: src/attack/ src/base/ src/num/ src/net/ src/query/
solver/: solver/ src/base/ src/num/ src/net/ src/query/ domains/ proofs/sink.h proofs/oracle.h
src/verify/: src/verify/ LOWER
src/reach/: src/reach/ LOWER
src/compare/: src/compare/ LOWER
src/prune/: src/prune/ LOWER
src/explain/: src/explain/ LOWER
src/loop/: src/loop/ src/reach/ LOWER
src/draw/: src/draw/ src/base/ src/net/ proofs/cert solver/node.h src/reach/ src/loop/
src/app/: src/app/ src/base/ src/astrolabe.h
src/astrolabe: src/ solver/ domains/ vnnlib/ proofs/
'
# What the layers from src/verify up see below them; never the checker.
lower='src/base/ src/num/ src/onnx/ vnnlib/ src/net/ src/query/ domains/
 src/attack/ solver/ proofs/cert proofs/sink proofs/minimize proofs/oracle'
layers=${layers//LOWER/${lower//$'\n'/}}

# outside header: prefixes of the product files that may include it;
# headers of ISO C may be included everywhere.
outside='
zlib.h: src/base/inflate.c
gmp.h: src/num/ src/net/ src/query/ vnnlib/ src/attack/ src/verify/ src/compare/ proofs/check/
mpfr.h: src/num/transcend.c proofs/check/check_transcendental.c
cblas.h: src/num/gemm_blas.c
glpk.h: solver/lp_glpk.c
onnx.pb-c.h: src/onnx/
protobuf-c/: src/onnx/
immintrin.h: src/num/dense_small_avx src/num/single_avx src/base/sha256_x86.c proofs/check/check_sha.c
cpuid.h: src/base/sha256_x86.c proofs/check/check_sha.c
pthread.h: solver/workers proofs/check/
mpi.h: solver/workers_mpi.c
graphviz/: src/draw/render_gvc.c
unistd.h: src/base/ src/app/
fcntl.h: src/base/ src/app/
poll.h: src/base/ src/app/
sys/: src/base/ src/app/
'
iso='assert ctype errno float inttypes limits math setjmp signal stdalign
 stdarg stdatomic stdbool stddef stdint stdio stdlib string time'

words='fesetround|fesetenv|glp_exact|strto(d|f|ld)|atof'

folders=()
for folder in src vnnlib domains solver proofs tests benchmarks; do
    [ ! -d "$folder" ] || folders+=("$folder")
done
mapfile -t files < <(find "${folders[@]}" -name '*.[ch]' -o -name '*.def' |
    sort)
mapfile -t headers < <(printf '%s\n' "${files[@]}" | grep '\.h$')
mapfile -t products < <(printf '%s\n' "${files[@]}" |
    grep -vE '^(tests|benchmarks)/')
n_broken=0

# Prints the lines on standard input as violations and counts them.
report() {
    local line
    while IFS= read -r line; do
        [ -n "$line" ] || continue
        printf '%s\n' "$line"
        n_broken=$((n_broken + 1))
    done
}

# "file:line:#include ..." of all files -> violations of rules 1 and 2
check_includes() {
    awk -v layers="$layers" -v outside="$outside" -v iso="$iso" '
    function starts_with_one(text, prefixes,    n, parts, i) {
        n = split(prefixes, parts, " ")
        for (i = 1; i <= n; i++)
            if (index(text, parts[i]) == 1) return 1
        return 0
    }
    function exists(path,    line, ok) {
        ok = (getline line < path) >= 0
        close(path)
        return ok
    }
    function check_project(place, file, name,    i) {
        if (!exists(name))
            print place ": \"" name "\" is not a path from the root"
        if (file ~ /^(tests|benchmarks)\//) return
        for (i = 1; i <= n_layers; i++)
            if (index(file, own[i]) == 1) break
        if (i > n_layers)
            print place ": file belongs to no layer"
        else if (!starts_with_one(name, may[i]))
            print place ": " own[i] " may not include \"" name "\""
    }
    function check_outside(place, file, name,    i) {
        if (name in is_iso || file ~ /^(tests|benchmarks)\//) return
        for (i = 1; i <= n_outside; i++)
            if (index(name, header[i]) == 1) break
        if (i > n_outside)
            print place ": <" name "> is not in the table of headers"
        else if (!starts_with_one(file, where[i]))
            print place ": <" name "> may not be included here"
    }
    BEGIN {
        n = split(layers, rows, "\n")
        for (i = 1; i <= n; i++)
            if (split(rows[i], parts, ": ") == 2) {
                own[++n_layers] = parts[1]
                may[n_layers] = parts[2]
            }
        n = split(outside, rows, "\n")
        for (i = 1; i <= n; i++)
            if (split(rows[i], parts, ": ") == 2) {
                header[++n_outside] = parts[1]
                where[n_outside] = parts[2]
            }
        n = split(iso, parts, " ")
        for (i = 1; i <= n; i++) is_iso[parts[i] ".h"] = 1
    }
    {
        split($0, fields, ":")
        place = fields[1] ":" fields[2]
        if (match($0, /"[^"]*"/))
            check_project(place, fields[1], substr($0, RSTART + 1, RLENGTH - 2))
        else if (match($0, /<[^>]*>/))
            check_outside(place, fields[1], substr($0, RSTART + 1, RLENGTH - 2))
        else
            print place ": #include of neither \"...\" nor <...>"
    }'
}

# Errors of headers that do not compile alone.
check_headers() {
    local generated
    generated=$(mktemp -d)
    cp /usr/include/onnx/onnx.proto "$generated"
    protoc-c --proto_path="$generated" --c_out="$generated" onnx.proto
    { printf '%s\0' "${headers[@]}" |
        xargs -0 -n 1 -P "$(nproc)" gcc -fsyntax-only -x c -std=c17 -Wall \
            -Wextra -Werror -D_POSIX_C_SOURCE=200809L -I. \
            -isystem "$generated" 2>&1 || true; } | grep 'error:' || true
    rm -rf "$generated"
}

# Global symbols and libraries of the checker that it may not have. A program
# with a sanitizer or with coverage also has those of its instruments.
check_program() {
    local symbols
    symbols=$(nm --extern-only "$1" | awk '{ print $NF, $(NF - 1) }')
    if grep -qE '^__(asan|ubsan|tsan|msan|sanitizer|gcov)' <<<"$symbols"; then
        printf 'SKIPPED layers: %s is instrumented\n' "$1" >&2
        return
    fi
    awk '$2 !~ /^[UwvN]$/ && $1 !~ /^(main$|check_|_|data_start$|.*@GLIBC)/ {
        print "symbol " $1 " is neither main nor check_*"
    }' <<<"$symbols"
    ldd "$1" | awk '$1 !~ /^(linux-vdso|libmpfr|libgmp|libc|.*\/ld-linux[^\/]*)\.so/ {
        print "library " $1 " is neither libc, GMP nor MPFR"
    }'
    grep -qx 'main T' <<<"$symbols" || echo "symbol main is not defined"
}

mapfile -t includes < <(grep -HnE '^[[:space:]]*#[[:space:]]*include' \
    "${files[@]}")
report < <(printf '%s\n' "${includes[@]}" | check_includes)
report < <(check_headers)
report < <(printf '%s\n' "${files[@]##*/}" | sort | uniq -d |
    sed 's/$/: two files have this name/')
report < <(grep -HnwE "$words" "${products[@]}" |
    sed 's/$/  <- word not allowed/')
if [ -n "${ASTROLABE_CHECK:-}" ]; then
    report < <(check_program "$ASTROLABE_CHECK" | sed "s|^|$ASTROLABE_CHECK: |")
else
    echo 'SKIPPED layers: ASTROLABE_CHECK does not name the checker'
fi

if [ "$n_broken" -gt 0 ]; then
    printf 'layers: %d violations\n' "$n_broken"
    exit 1
fi
printf 'layers: %d files, %d headers alone, %d includes in order\n' \
    "${#files[@]}" "${#headers[@]}" "${#includes[@]}"
