/* Products with tiles in floats. */
#include "src/num/tiling.h"

#include <math.h>

#define REAL         float
#define ZERO         0.0F
#define MAGNITUDE    fabsf
#define PASS         tiling_single_pass
#define ADD_BACKWARD tiling_single_add_backward
#define ADD_FORWARD  tiling_single_add_forward
#define PRODUCT      single_product
#define STRIDE       single_stride
#define ROW_STRIDE   single_row_stride
#define COL_STRIDE   single_col_stride
#define DATA         single
#define TRANSPOSED   single_transposed
#define PACKED       single_packed
#define RESULT       single_result
#include "src/num/tiling_pass.def"
