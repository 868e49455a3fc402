head -c 500 tiny.onnx >cut.onnx
astrolabe verify tiny_holds_1.vnnlib --network cut.onnx
