/* Networks with curves, products and shares, deep ones, and properties. */
#ifndef ASTROLABE_TESTS_MUTATE_MODELS_H
#define ASTROLABE_TESTS_MUTATE_MODELS_H

/* Writes curve.onnx, product.onnx and share.onnx to the folder, and for each of
 * them properties NAME_holds_1.vnnlib and NAME_fails_1.vnnlib; and networks
 * deep<k>.onnx with deep<k>_fails_1.vnnlib. */
void models_write(const char *folder);

#endif
