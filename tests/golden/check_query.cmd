astrolabe check-query tiny_holds_1.vnnlib
echo "$?"
astrolabe check-query tiny_holds_1.vnnlib --network tiny.onnx
echo "$?"
printf '(assert (<= X_0 1.0))\n' >p.vnnlib
astrolabe check-query p.vnnlib
