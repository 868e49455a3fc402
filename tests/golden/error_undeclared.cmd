sed 's/declare-const X_0/declare-const X_9/' tiny_holds_1.vnnlib >p.vnnlib
astrolabe verify p.vnnlib --network tiny.onnx
