# Byte 145 is the first weight's first byte.
printf '\000\000\300\177' |
    dd of=tiny.onnx bs=1 seek=145 conv=notrunc status=none
astrolabe verify tiny_holds_1.vnnlib --network tiny.onnx
