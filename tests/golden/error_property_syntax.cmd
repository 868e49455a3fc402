printf '(declare-const X_0 Real)\n(assert (<= X_0 1.0)\n' >open.vnnlib
astrolabe verify open.vnnlib --network tiny.onnx
printf '(declare-const X_0 Real)\n(assert (<= X_0 1.0.0))\n' >number.vnnlib
astrolabe verify number.vnnlib --network tiny.onnx
