# A result file for version 2 spells the verdict as standard output does.
cat >p.vnnlib <<'END'
(vnnlib-version <2.0>)
(declare-network f
    (declare-input X float32 [1,2])
    (declare-output Y float32 [1,2]))
(assert (<= Y[0,0] 0.0))
END
astrolabe verify p.vnnlib --network f=tiny.onnx --results-file r.txt --timeout 0
cat r.txt
