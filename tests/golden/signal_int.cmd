# Background jobs ignore SIGINT until the tool installs its handler.
mkfifo query
astrolabe verify query --network tiny.onnx --exit-code &
sleep 0.3
kill -INT $!
wait $!
