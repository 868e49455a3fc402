# Checkers that stand in for the real one, each with another way to end; they
# see plain files only.
mkdir tool models
mv ./*.onnx ./*.vnnlib ./*.csv models
gzip models/tiny_holds_2.vnnlib
cp "$(readlink -f "$(command -v astrolabe)")" tool/astrolabe
checker() {
    printf '#!/bin/sh\n%s\n' "$1" >tool/astrolabe-check
    chmod +x tool/astrolabe-check
    echo "== $1"
    tool/astrolabe bench models --match tiny_holds_2 --quiet --fresh \
        --proofs out --check --minimize 0 | sed -E 's/ +[0-9]+\.[0-9]+/ TIME/g'
    echo "exit status $?"
    tail -1 results.csv | cut -d, -f2-4,12,13,20
}
checker 'test "$#" = 5 && grep -q assert "$5" && echo accepted'
checker 'true'
checker 'echo accepted; exit 1'
checker 'echo rejected; echo "node 3: not closed" >&2; exit 1'
checker 'echo "unsupported: Tanh" >&2; exit 4'
checker 'kill -SEGV $$'
rm tool/astrolabe-check
tool/astrolabe bench models --match tiny_holds_2 --proofs out --check 2>&1 |
    sed "s|$PWD/||"
ls out
