astrolabe bench absent
mkdir toy
astrolabe bench toy
printf 'a.onnx,a.vnnlib,1\n' >toy/instances.csv
astrolabe bench toy --quiet -- --bogus >/dev/null
echo notes >results.csv
astrolabe bench toy
