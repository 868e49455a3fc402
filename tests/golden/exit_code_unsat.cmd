astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx --exit-code
