astrolabe verify - --network=tiny.onnx <tiny_holds_1.vnnlib
