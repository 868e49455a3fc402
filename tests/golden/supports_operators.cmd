# Every line is `Op [type, ...]`; the list itself grows.
astrolabe supports --onnx-operators |
    grep -vE '^[A-Z][A-Za-z]* \[[a-z0-9]+(, [a-z0-9]+)*\]$'
astrolabe supports --onnx-operators | grep -E '^(Gemm|Relu) '
