mkdir 'a=b'
mv tiny.onnx "a=b/it's.onnx"
astrolabe verify tiny_holds_1.vnnlib --network "a=b/it's.onnx"
