# A leaf layer by layer; margins in figures; the checker's word comes first.
query='--network tiny.onnx --property tiny_holds_4.vnnlib'
astrolabe verify tiny_holds_4.vnnlib --network tiny.onnx --proof a.dbc --minimize 0 --threads 1
astrolabe proof explain a.dbc $query --leaf 4 >four.txt && sed -n '1,/^facts/p' four.txt
astrolabe proof explain a.dbc $query | sed -n '2p;/^goal/,/^$/p;$p'
astrolabe proof explain a.dbc $query --case 0 --leaf 0 | grep -c 'coefficient'
astrolabe proof stats a.dbc $query | grep -E 'checker|margin|empty|replayed'
astrolabe proof stats a.dbc | sed -n 1,1p
gzip tiny.onnx
astrolabe proof explain a.dbc $query | cmp - four.txt
gunzip tiny.onnx.gz
# What is refused is shown up to the record that the checker names.
astrolabe proof text a.dbc | sed 's/^\( *leaf\).*/\1/' >weak.txt
astrolabe proof binary weak.txt weak.dbc
astrolabe proof show weak.dbc $query | sed '/^network/,/^query/d'
astrolabe proof draw weak.dbc $query -o weak.dot && grep -c 'color=red' weak.dot
# A region without executions; a neuron that the network does not have.
query='--network tiny.onnx --property tiny_holds_1.vnnlib'
astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx --proof a.dbc --minimize 0
astrolabe proof text a.dbc | sed 's/^leaf.*/split n1.5 refresh 0-1\n leaf\n leaf/' >split.txt
astrolabe proof binary split.txt split.dbc
astrolabe proof stats split.dbc $query | grep -E 'checker|empty'
for leaf in 0 1; do
    astrolabe proof explain split.dbc $query --leaf $leaf | sed -n '1,2p;4,6p;/^the region/,$p;$p'
done
astrolabe proof draw split.dbc $query -o split.dot && grep -o 'leaf [01]: [a-z]*' split.dot
sed 's/n1\.5/n1.8/' split.txt >absent.txt
astrolabe proof binary absent.txt absent.dbc
astrolabe proof explain absent.dbc $query
