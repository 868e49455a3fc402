base64 -d >lookup.onnx <<'END'
CAg60wEKEwoBeAoCbjASAngwIgZHYXRoZXIKGAoCeDASAWkiBENhc3QqCQoCdG8YB6ABAgoSCgF4
CgJuMRIBdiIGR2F0aGVyChEKAXcKAWkSAXQiBkdhdGhlcgoOCgF2CgF0EgF5IgNNdWwSBmxvb2t1
cCoSCAEQB0ICbjBKCAAAAAAAAAAAKhIIARAHQgJuMUoIAQAAAAAAAAAqGQgEEAFCAXdKEAAAgD8A
AADAAABAQAAAAMBaDwoBeBIKCggIARIECgIIAmIPCgF5EgoKCAgBEgQKAggBQgQKABAN
END
property() {
    printf '(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)\n'
    printf '(assert (>= X_0 %s))(assert (<= X_0 %s))(assert (>= X_1 1))(assert (<= X_1 1))\n' "$1" "$2"
    printf '(assert (<= Y_0 %s))\n' "$3"
}
property 0 3.5 -1.5 >some.vnnlib
property 0 3.5 -2.5 >none.vnnlib
property 0 4.5 -2.5 >outside.vnnlib
astrolabe verify --threads 1 --network lookup.onnx some.vnnlib
astrolabe verify --threads 1 --proof none.cert --network lookup.onnx none.vnnlib
od -An -tx1 -N6 none.cert
astrolabe proof show none.cert
astrolabe verify --threads 1 --network lookup.onnx outside.vnnlib
astrolabe dump --network lookup.onnx none.vnnlib
