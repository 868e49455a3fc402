#!/usr/bin/env bash
# Builds and tests everything on a Debian 12 machine: sanitizers with clang,
# warnings with gcc, layers, format, static analysis. Installs what is missing
# from benchmarks/packages.txt. The last line is the count of all checks.
# Usage: bash tests/run.sh
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export UBSAN_OPTIONS=print_stacktrace=1
readonly logs=build/log
mkdir -p "$logs"

n_passed=0
n_failed=0
n_skipped=0

# step <name> <command...>: one line of outcome; all output if it failed.
step() {
    local name=$1 start=$SECONDS
    shift
    if "$@" > "$logs/$name.txt" 2>&1; then
        n_passed=$((n_passed + 1))
        printf 'ok      %s (%d s)\n' "$name" $((SECONDS - start))
        return 0
    fi
    n_failed=$((n_failed + 1))
    tail -n 200 "$logs/$name.txt"
    printf 'FAILED  %s (%d s), all output in %s\n' "$name" \
        $((SECONDS - start)) "$logs/$name.txt"
    return 1
}

# A locale with a decimal comma, for the tests that ask for one.
make_locale() {
    [ -e /usr/share/i18n/locales/de_DE ] || return 0
    mkdir -p build/locale
    [ -e build/locale/de_DE.UTF-8 ] ||
        localedef -f UTF-8 -i de_DE build/locale/de_DE.UTF-8
    export LOCPATH=$PWD/build/locale
}

build() {
    cmake --preset "$1" && cmake --build --preset "$1"
}

# Output of ctest --verbose -> one line per test program with its counts,
# SKIPPED lines, and all output of failed programs. The counts of single
# tests go to the file named by `counts`.
show_tests() {
    awk -v counts="$logs/counts.txt" '
    /^ *Start +[0-9]+: / {
        number = $2
        sub(/:$/, "", number)
        name[number] = $3
        next
    }
    /^[0-9]+: / {
        number = $1
        sub(/:$/, "", number)
        line = substr($0, length($1) + 2)
        output[number] = output[number] line "\n"
        if (line ~ /^[0-9]+%: Checks: /) {
            summary[number] = line
            split(line, parts, /[^0-9]+/)
            n_bad = parts[3] + parts[4]
            failed += n_bad
            passed += parts[2] - n_bad
        } else if (line ~ /^SKIPPED /) {
            printf "        %s\n", line
            skipped++ # a whole test, or a part of one named by its file
            if (line ~ /^SKIPPED [a-z0-9_]+:/ && !seen[number, $3]++) passed--
        }
        next
    }
    /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
        match($0, /#[0-9]+/)
        number = substr($0, RSTART + 1, RLENGTH - 1)
        is_good = $0 ~ /   Passed  /
        if (!is_good) printf "%s", output[number]
        if (!(number in summary)) {
            if (is_good) passed++
            else failed++
        }
        printf "%s %s %s\n", is_good ? "ok     " : "FAILED ", name[number],
            summary[number]
        fflush()
    }
    END { printf "%d %d %d\n", passed, failed, skipped > counts }'
}

run_tests() {
    local code passed failed skipped
    ctest --test-dir build/asan --label-exclude long --parallel "$(nproc)" \
        --verbose 2>&1 | tee "$logs/tests.txt" | show_tests
    code=${PIPESTATUS[0]}
    read -r passed failed skipped < "$logs/counts.txt"
    n_passed=$((n_passed + passed))
    n_failed=$((n_failed + failed))
    n_skipped=$((n_skipped + skipped))
    if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then
        n_failed=$((n_failed + 1))
        printf 'FAILED  ctest exits with %d\n' "$code"
    fi
}

# NUL-separated project files whose name matches one of the patterns.
project_files() {
    local pattern arguments=(-name "$1")
    shift
    for pattern in "$@"; do
        arguments+=(-o -name "$pattern")
    done
    find . -path ./build -prune -o -path ./.git -prune -o -type f \
        \( "${arguments[@]}" \) -print0 | sort -z
}

format() {
    project_files '*.c' '*.h' |
        xargs -0 clang-format --dry-run -Werror
}

# The headline of each finding; the explanations fill hundreds of lines. One
# file at a time: the analyzer carries state over and invents findings.
tidy() {
    project_files '*.c' | xargs -0 -n 1 -P "$(nproc)" \
        clang-tidy -p build/asan --quiet 2> /dev/null |
        grep -E ' (error|warning): '
    [ "${PIPESTATUS[1]}" -eq 0 ]
}

# Check's macros and _Noreturn are given as what they stand for. Suppressed is
# what cppcheck gets wrong: integers of GMP that a function fills in, argument
# lists of functions that do not return.
# Shifts of negative numbers are arithmetic with every compiler supported.
analyse() {
    project_files '*.c' | tr '\0' '\n' |
        cppcheck --file-list=- --quiet -j "$(nproc)" --std=c11 -I . \
            --enable=warning,performance,portability --inline-suppr \
            --suppress=readdirCalled --library=posix --error-exitcode=1 \
            '--suppress=uninitvar:proofs/check/*' \
            '--suppress=legacyUninitvar:proofs/check/*' \
            '--suppress=shiftNegativeLHS:proofs/check/*' \
            '--suppress=shiftTooManyBitsSigned:proofs/check/*' \
            '-D_Noreturn=__attribute__((noreturn))' \
            '-DSTART_TEST(name)=static void name(int _i)' '-DEND_TEST='
}

shell() {
    { project_files '*.sh' && printf '.ci/run\0'; } | xargs -0 shellcheck
}

if ! step packages sh benchmarks/install_packages.sh; then
    printf '0 passed, 1 failed, 0 skipped\n'
    exit 1
fi
make_locale
step build-asan build asan && run_tests
# Programs without sanitizers: the checker's symbols, ten thousand mutants.
step build-gcc build debug &&
    step tests-gcc ctest --test-dir build/debug -R '^(layers|mutate)$' \
        --no-tests=error --output-on-failure
step format format
step tidy tidy
step cppcheck analyse
step shellcheck shell

printf '%d passed, %d failed, %d skipped\n' \
    "$n_passed" "$n_failed" "$n_skipped"
[ "$n_failed" -eq 0 ]
