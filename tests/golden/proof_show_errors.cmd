query='--network tiny.onnx --property tiny_holds_1.vnnlib'
astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx --proof a.dbc --no-attack
astrolabe verify tiny_fails_1.vnnlib --network tiny.onnx --proof sat.dbc --threads 1 | sed -n 1,1p
astrolabe proof explain a.dbc
astrolabe proof explain a.dbc --property tiny_holds_1.vnnlib
astrolabe proof explain a.dbc b.dbc
astrolabe proof explain absent.dbc $query
astrolabe proof explain a.dbc $query --leaf 99 | tail -n +2
astrolabe proof explain a.dbc $query --case 1 | tail -n +2
astrolabe proof explain a.dbc --network tiny.onnx --property tiny_holds_2.vnnlib | sed 's/-[^-]*certificate/ a certificate/'
astrolabe proof explain sat.dbc --network tiny.onnx --property tiny_fails_1.vnnlib
astrolabe proof stats a.dbc --network residual.onnx --property residual_holds_1.vnnlib | grep margin
astrolabe proof draw a.dbc
astrolabe proof draw a.dbc -o a.jpeg
astrolabe proof draw a.dbc -o absent/a.dot
astrolabe proof draw a.dbc -o absent/a.svg
astrolabe proof draw sat.dbc -o a.dot
astrolabe proof draw a.dbc --before sat.dbc -o a.dot
astrolabe proof draw a.dbc --before absent.dbc -o a.dot
astrolabe proof draw a.dbc --network absent.onnx -o a.dot
astrolabe proof draw a.dbc --most-nodes 2 -o a.dot
ls a.*
