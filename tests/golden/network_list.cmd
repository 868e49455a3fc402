cat >p.vnnlib <<'END'
(vnnlib-version <2.0>)
(declare-network f
    (declare-input X float32 [1,2])
    (declare-output Y float32 [1,2]))
(assert (and (<= X[0,0] 0.25) (>= X[0,0] -0.25)))
(assert (and (<= X[0,1] 0.25) (>= X[0,1] -0.25)))
(assert (<= Y[0,0] Y[0,1]))
END
mkdir 'a b'
mv tiny.onnx "a b/it's.onnx"
astrolabe verify p.vnnlib --network-list "[('f', 'a b/it\\'s.onnx')]"
astrolabe verify p.vnnlib --network-list "[('g', 'a b/it\\'s.onnx')]"
