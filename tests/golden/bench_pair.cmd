# Two networks in a list: the checker gets both by their names, unpacked.
mkdir tool models
astrolabe compare controller.onnx controller_8bit.onnx --epsilon 0.5 --box=0:1 >models/pair.vnnlib
mv controller.onnx controller_8bit.onnx models
gzip models/controller_8bit.onnx
echo "\"[('f', 'controller.onnx'), ('g', 'controller_8bit.onnx')]\",pair.vnnlib,30" >models/instances.csv
cp "$(readlink -f "$(command -v astrolabe)")" tool/astrolabe
printf '#!/bin/sh\nshift\necho "$@" | sed "s|/tmp/[^ ]*|COPY|" >"%s"\necho accepted\n' "$PWD/seen" \
    >tool/astrolabe-check
chmod +x tool/astrolabe-check
tool/astrolabe bench models --quiet --fresh --proofs out --check --minimize 0 >/dev/null
echo "$?"
tail -1 results.csv | sed 's/"[^"]*"/LIST/' | cut -d, -f2-4,12,13,20
cat seen
