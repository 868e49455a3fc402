query='tiny_holds_1.vnnlib --network tiny.onnx'
astrolabe verify $query --proof absent/a.dbc
astrolabe verify - --network tiny.onnx --proof a.dbc <tiny_holds_1.vnnlib
astrolabe verify $query --proof a.dbc
astrolabe proof text a.dbc tiny_holds_3.vnnlib --network tiny.onnx
astrolabe proof text a.dbc tiny_holds_1.vnnlib
head -c 120 a.dbc >cut.dbc
astrolabe proof text cut.dbc $query
(head -c 120 a.dbc && echo x && tail -c +122 a.dbc) >changed.dbc
astrolabe proof stats changed.dbc $query
astrolabe proof text tiny.onnx $query
astrolabe proof text absent.dbc $query
astrolabe proof text a.dbc $query | sed 's/^leaf/leave/' >bad.txt
astrolabe proof binary bad.txt b.dbc
astrolabe proof binary a.dbc b.dbc
astrolabe proof draw a.dbc $query
astrolabe bench . --check
astrolabe bench . --proofs tiny.onnx
ls ./*.dbc
