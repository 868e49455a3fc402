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
echo "== The controller and its copy with weights of 8 bits: at most 0.2 apart =="
"$build/astrolabe" compare "$models/controller.onnx" \
    "$models/controller_8bit.onnx" --epsilon 0.2 --box=-1:1 \
    > "$build/controller_8bit.vnnlib"
"$build/astrolabe" verify "$build/controller_8bit.vnnlib" \
    --network "f=$models/controller.onnx" \
    --network "g=$models/controller_8bit.onnx" \
    --proof "$build/controller_8bit.dbc"
"$build/astrolabe-check" "$build/controller_8bit.dbc" \
    --network "f=$models/controller.onnx" \
    --network "g=$models/controller_8bit.onnx" \
    --property "$build/controller_8bit.vnnlib"

echo
echo "== Where the controller breaks a rule =="
sed -n 's/^; //p' "$models/controller_fails_1.vnnlib"
"$build/astrolabe" verify "$models/controller_fails_1.vnnlib" \
    --network "$models/controller.onnx"
