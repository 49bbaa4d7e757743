"""The place for rounds too large to be solved exactly: candidates are found, prices are fitted, pairs improved."""
