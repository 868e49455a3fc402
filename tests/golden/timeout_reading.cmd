# The clock runs while files are read.
mkfifo query
astrolabe verify query --network tiny.onnx --timeout 0.2
