# Times vary; the second run finds all rows in the results file.
mkdir models
mv ./*.onnx ./*.vnnlib ./*.csv models
astrolabe bench models --match tiny_ --quiet -- --threads 1 |
    sed -E 's/ +[0-9]+\.[0-9]+/ TIME/g' | tail -1
sed 1d results.csv | cut -d, -f1-5 | sort
astrolabe bench models --match tiny_ 2>&1 >/dev/null
