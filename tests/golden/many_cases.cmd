# Many cases on several threads: the same verdict, and proofs that hold.
awk 'BEGIN {
    for (i = 0; i < 5; i++)
        printf "(declare-const X_%d Real)\n(declare-const Y_%d Real)\n", i, i
    print "(assert (and (>= X_0 0.4) (<= X_0 1.0)"
    for (i = 2; i < 5; i++) printf "(>= X_%d -1.0) (<= X_%d 1.0)\n", i, i
    print "))\n(assert (or"
    for (i = 0; i < 128; i++)
        printf "(and (>= X_1 %.4f) (<= X_1 %.4f) (<= Y_%d Y_0))\n",
            int(i / 4) / 16 - 1, int(i / 4) / 16 - 0.9375, 1 + i % 4
    print "))"
}' >slices.vnnlib
for threads in 1 2 3; do
    astrolabe verify slices.vnnlib --network controller.onnx --threads "$threads" --proof a.dbc
    astrolabe proof show a.dbc --network controller.onnx --property slices.vnnlib | sed -n 1p
done
