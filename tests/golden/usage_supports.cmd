astrolabe supports --onnx-operators --onnx-element-types
