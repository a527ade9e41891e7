"""Mixtures of Gaussians at every pixel: the fit, its evidence of convergence, its files."""
