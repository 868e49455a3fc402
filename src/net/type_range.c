/* A table by enum model_type. */
#include "src/net/type_range.h"

#include "src/onnx/model.h"

#include <stddef.h>

bool type_range_get(struct type_range *range, int type)
{
    static const struct {
        int type;
        struct type_range range;
    } rows[] = {{MODEL_BOOL, {0.0, 1.0}},
                {MODEL_INT8, {-128.0, 127.0}},
                {MODEL_UINT8, {0.0, 255.0}},
                {MODEL_INT16, {-32768.0, 32767.0}},
                {MODEL_UINT16, {0.0, 65535.0}},
                {MODEL_INT32, {-0x1p31, 0x1p31 - 1.0}},
                {MODEL_UINT32, {0.0, 0x1p32 - 1.0}},
                {MODEL_INT64, {-0x1p63, 0x1p63 - 1024.0}},
                {MODEL_UINT64, {0.0, 0x1p64 - 2048.0}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type == type) {
            *range = rows[i].range;
            return true;
        }
    }
    return false;
}
