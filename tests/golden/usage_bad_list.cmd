astrolabe verify tiny_holds_1.vnnlib --network-list "tiny.onnx"
