#!/bin/sh
# From a fresh clone to verdicts: packages, build, the small networks of
# benchmarks/models with their times and certificates, one certificate checked
# and one witness.
set -eu

cd "$(dirname "$0")/.."
models=benchmarks/models
build=build/release

benchmarks/install_packages.sh
cmake --preset release
cmake --build --preset release --target astrolabe astrolabe-check

echo
echo "== The instances of $models =="
"$build/astrolabe" bench "$models" --expected "$models/expected.csv" \
    --results "$build/quickstart.csv" --fresh --proofs "$build/proofs" --check

echo
echo "== A rule that the controller keeps, and its certificate =="
sed -n 's/^; //p' "$models/controller_holds_1.vnnlib"
"$build/astrolabe" verify "$models/controller_holds_1.vnnlib" \
    --network "$models/controller.onnx" --proof "$build/controller.dbc"
ls -l "$build/controller.dbc"
"$build/astrolabe-check" "$build/controller.dbc" \
    --network "$models/controller.onnx" \
    --property "$models/controller_holds_1.vnnlib"

echo
echo "== Where the controller breaks a rule =="
sed -n 's/^; //p' "$models/controller_fails_1.vnnlib"
"$build/astrolabe" verify "$models/controller_fails_1.vnnlib" \
    --network "$models/controller.onnx"
