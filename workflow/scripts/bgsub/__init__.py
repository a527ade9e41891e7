"""Background subtraction with per-pixel Gaussian mixtures: the computation behind the workflow's rules."""
