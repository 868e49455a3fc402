astrolabe verfy tiny_holds_1.vnnlib
