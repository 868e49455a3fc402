printf '%s\n' '(declare-const X_0 Real) (declare-const X_1 Real)' '(declare-const Y_0 Real) (declare-const Y_1 Real)' '(assert (>= X_0 0.1)) (assert (<= X_0 0.1))' '(assert (>= X_1 0.5)) (assert (<= X_1 0.5))' '(assert (<= Y_0 100.0))' >p.vnnlib
astrolabe verify p.vnnlib --network tiny.onnx
