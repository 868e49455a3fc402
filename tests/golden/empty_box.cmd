sed 's/(assert (>= X_0 .*/(assert (>= X_0 1000.0))/' tiny_holds_1.vnnlib >p.vnnlib
astrolabe verify p.vnnlib --network tiny.onnx
