# The verdict, then one pair for each of X_0, X_1 and Y_0.
astrolabe verify tiny_fails_1.vnnlib --network tiny.onnx |
    sed -E 's/ -?[0-9][-+.0-9e]*\)/ NUMBER)/'
