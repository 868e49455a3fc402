# All variables in declaration order, a header and one value a line each.
cat >p.vnnlib <<'END'
(vnnlib-version <2.0>)
(declare-network f
    (declare-input in float32 [1,2])
    (declare-output out float32 [1,2]))
(assert (== in[0,0] 0.75))
(assert (== in[0,1] -0.5))
(assert (<= out[0,0] out[0,1]))
END
astrolabe verify p.vnnlib --network f=tiny.onnx --results-file r.txt |
    sed -E '5,$s/^-?[0-9][-+.0-9e]*$/NUMBER/'
head -1 r.txt
