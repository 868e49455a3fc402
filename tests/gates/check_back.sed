s/layer->width >= CHECK_AHEAD_WIDTH/true/
