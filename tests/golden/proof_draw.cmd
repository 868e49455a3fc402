# The tree as text for Graphviz, with and without names; a smaller one; grey.
query='--network tiny.onnx --property tiny_holds_4.vnnlib'
astrolabe verify tiny_holds_4.vnnlib --network tiny.onnx --proof a.dbc --minimize 0 --threads 1
astrolabe proof draw a.dbc -o a.dot && cat a.dot
astrolabe proof draw a.dbc $query -o a.dot
grep -E 'c0n0 \[|leaf' a.dot | sed 's/margin [0-9.e-]*/margin/'
astrolabe proof draw a.dbc --most-nodes 4 --output a.dot && grep label= a.dot
query='--network residual.onnx --property residual_holds_2.vnnlib'
astrolabe verify residual_holds_2.vnnlib --network residual.onnx --proof a.dbc --minimize 0 --threads 1
astrolabe proof minimize a.dbc b.dbc $query --quiet
astrolabe proof draw b.dbc --before a.dbc -o b.dot && grep -q 'color=grey' b.dot
astrolabe proof draw a.dbc --before a.dbc -o b.dot && grep -c 'color=grey' b.dot
ls ./*.dot*
