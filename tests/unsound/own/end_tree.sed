s/tree->is_upper ? PHASE_ACTIVE : PHASE_INACTIVE;/tree->is_upper ? PHASE_INACTIVE : PHASE_ACTIVE;/
