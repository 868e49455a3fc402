/* Values and slopes by libm. */
#include "src/net/activation.h"

#include "src/net/exact.h"

#include <math.h>

#define ACTIVATION(identifier, name) name,
static const char *const names[] = {
#include "src/net/activation.def"
};
#undef ACTIVATION

const char *activation_name(enum activation activation)
{
    return names[activation];
}

/* Neither branch overflows. */
static double sigmoid(double z)
{
    const double e = exp(-fabs(z));
    return z >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

static double sign(double z)
{
    return z > 0.0 ? 1.0 : z < 0.0 ? -1.0 : z;
}

double activation_value(enum activation activation, double z)
{
    switch (activation) {
    case ACTIVATION_SIGMOID:
        return sigmoid(z);
    case ACTIVATION_TANH:
        return tanh(z);
    case ACTIVATION_SOFTPLUS:
        return fmax(z, 0.0) + log1p(exp(-fabs(z)));
    case ACTIVATION_ERF:
        return erf(z);
    case ACTIVATION_EXP:
        return exp(z);
    case ACTIVATION_LOG:
        return log(z);
    case ACTIVATION_SQRT:
        return sqrt(z);
    case ACTIVATION_RECIPROCAL:
        return is_zero(z) ? copysign(HUGE_VAL, z) : 1.0 / z;
    case ACTIVATION_SQUARE:
        return z * z;
    case ACTIVATION_SIN:
        return sin(z);
    case ACTIVATION_COS:
        return cos(z);
    case ACTIVATION_SIGN:
        return sign(z);
    case ACTIVATION_FLOOR:
        return floor(z);
    case ACTIVATION_COUNT:
        break;
    }
    return (double)NAN;
}

double activation_slope(enum activation activation, double z)
{
    switch (activation) {
    case ACTIVATION_SIGMOID:
        return sigmoid(z) * sigmoid(-z);
    case ACTIVATION_TANH:
        return 1.0 - tanh(z) * tanh(z);
    case ACTIVATION_SOFTPLUS:
        return sigmoid(z);
    case ACTIVATION_ERF:
        return 2.0 / sqrt(acos(-1.0)) * exp(-z * z);
    case ACTIVATION_EXP:
        return exp(z);
    case ACTIVATION_LOG:
        return is_zero(z) ? copysign(HUGE_VAL, z) : 1.0 / z;
    case ACTIVATION_SQRT:
        return 0.5 / sqrt(z);
    case ACTIVATION_RECIPROCAL:
        return -1.0 / (z * z);
    case ACTIVATION_SQUARE:
        return 2.0 * z;
    case ACTIVATION_SIN:
        return cos(z);
    case ACTIVATION_COS:
        return -sin(z);
    case ACTIVATION_SIGN:
        return fabs(z) <= 1.0 ? 1.0 : 0.0;
    case ACTIVATION_FLOOR:
        return 1.0;
    case ACTIVATION_COUNT:
        break;
    }
    return (double)NAN;
}
