sed '/(assert (>= X_0 /d' tiny_holds_1.vnnlib >p.vnnlib
astrolabe verify p.vnnlib --network tiny.onnx
