sed 's/Relu/Sinh/g' tiny.onnx >odd.onnx
astrolabe verify tiny_holds_1.vnnlib --network odd.onnx
echo "$?"
astrolabe verify tiny_holds_1.vnnlib --network odd.onnx --unsupported unknown
