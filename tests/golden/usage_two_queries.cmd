astrolabe verify tiny_holds_1.vnnlib tiny_holds_2.vnnlib --network tiny.onnx
