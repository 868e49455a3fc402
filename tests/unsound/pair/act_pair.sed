s/planes.lower = apart_plane(&narrowed, 0);/planes.lower = (struct act_pair_plane){0.0, 0.0, 0.0, 0.0};/
s/planes.upper = apart_plane(&narrowed, 1);/planes.upper = (struct act_pair_plane){0.0, 0.0, 0.0, 0.0};/
