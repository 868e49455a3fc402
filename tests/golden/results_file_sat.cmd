astrolabe verify tiny_fails_1.vnnlib --network tiny.onnx --results-file r.txt \
    >out.txt && cmp out.txt r.txt && head -1 r.txt
ls r.txt*
