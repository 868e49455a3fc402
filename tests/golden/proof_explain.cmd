# A leaf layer by layer; margins in figures; the checker's word comes first.
query='--network tiny.onnx --property tiny_holds_4.vnnlib'
astrolabe verify tiny_holds_4.vnnlib --network tiny.onnx --proof a.dbc --minimize 0 --threads 1
astrolabe proof explain a.dbc $query --leaf 4 >four.txt && sed -n '1,/^facts/p' four.txt
astrolabe proof explain a.dbc $query | sed -n '2p;/^goal/,/^$/p;$p'
astrolabe proof explain a.dbc $query --case 0 --leaf 0 | grep -c 'coefficient'
astrolabe proof stats a.dbc $query | grep -E 'checker|margin|empty|replayed'
astrolabe proof stats a.dbc | head -1
gzip tiny.onnx
astrolabe proof explain a.dbc $query | cmp - four.txt
gunzip tiny.onnx.gz
# What is refused is shown up to the record that the checker names.
astrolabe proof text a.dbc | sed 's/^\( *leaf\).*/\1/' >weak.txt
astrolabe proof binary weak.txt weak.dbc
astrolabe proof show weak.dbc $query | sed '/^network/,/^query/d'
astrolabe proof draw weak.dbc $query -o weak.dot && grep -c 'color=red' weak.dot
