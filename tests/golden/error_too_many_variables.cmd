printf '(declare-const X_7 Real)\n(assert (<= X_7 1.0))\n' >>tiny_holds_1.vnnlib
astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx
