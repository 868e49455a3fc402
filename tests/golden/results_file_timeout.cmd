astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx --results-file r.txt --timeout 0 && cat r.txt
