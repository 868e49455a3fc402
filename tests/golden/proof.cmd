# Text and back without a difference, of both verdicts; figures; names.
astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx --proof a.dbc --minimize 0
astrolabe proof text a.dbc | tee a.txt
astrolabe proof stats a.dbc
astrolabe proof show a.dbc
astrolabe proof binary a.txt b.dbc && cmp a.dbc b.dbc
astrolabe verify tiny_fails_1.vnnlib --network tiny.onnx --proof a.dbc --threads 1 | sed -n 1,1p
astrolabe proof text a.dbc | tee a.txt
astrolabe proof stats a.dbc
astrolabe proof binary a.txt b.dbc && cmp a.dbc b.dbc
gzip residual.onnx
astrolabe verify residual_holds_2.vnnlib --network residual.onnx --proof c.dbc --minimize 0
astrolabe proof text c.dbc >c.txt
astrolabe proof binary c.txt d.dbc && cmp c.dbc d.dbc
astrolabe proof show c.dbc --network residual.onnx >shown.txt
grep -o 'leaves, input.[0-9]' shown.txt | sort -u | head -2
astrolabe proof binary shown.txt d.dbc && cmp c.dbc d.dbc
gunzip residual.onnx.gz
sed -n 's/^network //p' c.txt | sed 's/$/  residual.onnx/' | sha256sum --check
sed -n 's/^property //p' c.txt | sed 's/$/  residual_holds_2.vnnlib/' | sha256sum --check
astrolabe dump residual_holds_2.vnnlib --network residual.onnx |
    sed -n '/^query/,$p' >query.txt
sed -n 's/^query //p' c.txt | sed 's/$/  query.txt/' | sha256sum --check
ls ./*.dbc*
