/* Pools that are no single window node. */
#ifndef ASTROLABE_NET_POOL_ANY_H
#define ASTROLABE_NET_POOL_ANY_H

#include "src/net/import.h"

#include <stdbool.h>

/* Output 0 of a MaxPool, or of an AveragePool, of any rank and of constants
 * too; attributes are read from the node. */
enum status pool_any_max(struct import *import);
enum status pool_any_average(struct import *import, bool is_pad_counted);

#endif
