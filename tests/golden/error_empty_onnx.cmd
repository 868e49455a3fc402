: >empty.onnx
astrolabe verify tiny_holds_1.vnnlib --network empty.onnx
