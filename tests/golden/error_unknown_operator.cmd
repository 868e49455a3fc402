sed 's/Relu/Relv/g' tiny.onnx >odd.onnx
astrolabe verify tiny_holds_1.vnnlib --network odd.onnx
