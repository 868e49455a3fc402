astrolabe verify tiny_holds_1.vnnlib --network absent.onnx --results-file r.txt; echo $?; cat r.txt
