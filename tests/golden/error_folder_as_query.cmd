astrolabe verify . --network tiny.onnx
