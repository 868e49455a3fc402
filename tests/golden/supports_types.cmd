astrolabe supports --onnx-element-types
