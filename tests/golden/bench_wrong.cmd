mkdir models
mv ./*.onnx ./*.vnnlib ./*.csv models
sed -i 's/tiny_holds_1.vnnlib,unsat/tiny_holds_1.vnnlib,sat/' models/expected.csv
astrolabe bench models --match tiny_holds_1 --quiet |
    sed -E 's/ +[0-9]+\.[0-9]+/ TIME/g'
