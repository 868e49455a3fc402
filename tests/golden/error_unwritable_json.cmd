astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx --json absent/r.json
