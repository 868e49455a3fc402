astrolabe supports --onnx-opset-versions && astrolabe supports --vnnlib-versions
