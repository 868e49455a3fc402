astrolabe compare tiny.onnx tiny.onnx --epsilon 0.125 --box -1:0.5,0:1
astrolabe compare tiny.onnx controller.onnx --epsilon 0.1 --box -1:1
echo "$?"
astrolabe compare tiny.onnx tiny.onnx --epsilon -0.1 --box -1:1
echo "$?"
astrolabe compare tiny.onnx tiny.onnx --epsilon 0.1 --box 1:-1
astrolabe compare tiny.onnx tiny.onnx --epsilon 0.1 --box -1:1,-1:1,0:1
astrolabe compare tiny.onnx tiny.onnx --epsilon 0.1
astrolabe compare tiny.onnx tiny.onnx --epsilon 0.1 --box -1:1 >same.vnnlib
astrolabe verify same.vnnlib --network f=tiny.onnx --network g=tiny.onnx
