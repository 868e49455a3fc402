sed 's/Relu/Sinh/g' tiny.onnx >odd.onnx
astrolabe supports tiny.onnx
astrolabe supports odd.onnx
astrolabe supports missing.onnx
