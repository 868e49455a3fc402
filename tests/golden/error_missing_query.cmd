astrolabe verify absent.vnnlib --network tiny.onnx
