query='tiny_holds_1.vnnlib --network tiny.onnx'
astrolabe verify $query --proof absent/a.dbc
astrolabe verify - --network tiny.onnx --proof a.dbc <tiny_holds_1.vnnlib
astrolabe verify $query --proof a.dbc
astrolabe proof show a.dbc --network absent.onnx
head -c 120 a.dbc >cut.dbc
astrolabe proof text cut.dbc
(head -c 120 a.dbc && echo x && tail -c +122 a.dbc) >changed.dbc
astrolabe proof stats changed.dbc
(printf 'ASTC\001' && tail -c +6 a.dbc) >old.dbc
astrolabe proof text old.dbc
astrolabe proof text tiny.onnx
astrolabe proof text absent.dbc
astrolabe proof text a.dbc | sed 's/^leaf/leave/' >bad.txt
astrolabe proof binary bad.txt b.dbc
astrolabe proof binary a.dbc b.dbc
astrolabe proof binary bad.txt
astrolabe proof paint a.dbc
astrolabe bench . --check
astrolabe bench . --proofs tiny.onnx
ls ./*.dbc
