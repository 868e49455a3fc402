astrolabe verify tiny_fails_1.vnnlib --network tiny.onnx --exit-code >/dev/null
