"""What masks and models are worth: area, absorption, scores, agreement, sweeps, costs."""
