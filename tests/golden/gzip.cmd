gzip tiny_holds_1.vnnlib tiny.onnx
astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx
