astrolabe verify absent.vnnlib --network tiny.onnx --json r.json; grep -E "verdict|reason" r.json
