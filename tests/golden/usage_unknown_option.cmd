astrolabe verify tiny_holds_1.vnnlib --netwrok tiny.onnx
