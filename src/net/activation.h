/* Functions of one variable in a network, ReLU apart. */
#ifndef ASTROLABE_NET_ACTIVATION_H
#define ASTROLABE_NET_ACTIVATION_H

#define ACTIVATION(identifier, name) ACTIVATION_##identifier,
enum activation {
#include "src/net/activation.def"
    ACTIVATION_COUNT
};
#undef ACTIVATION

const char *activation_name(enum activation activation);

/* The function at z in double arithmetic, near the exact value, without a
 * bound of the error: for searching. sign(0) = 0; NaN where the function has
 * no value. */
double activation_value(enum activation activation, double z);

/* Its derivative at z, likewise. Steps have that of the identity within one
 * of the origin (sign) or everywhere (floor): "straight through", see Bengio,
 * Leonard and Courville, "Estimating or Propagating Gradients Through
 * Stochastic Neurons for Conditional Computation", 2013. */
double activation_slope(enum activation activation, double z);

#endif
