"""What the values of masks and of label images mean."""

# Masks, as OpenCV's methods make them.
BACKGROUND, SHADOW, FOREGROUND = MASK_VALUES = 0, 127, 255

# Ground truth in the coding of CDnet (Wang et al. 2014, CDnet 2014: an expanded change detection benchmark).
STATIC, HARD_SHADOW, OUTSIDE, UNKNOWN, MOTION = GROUND_TRUTH = 0, 50, 85, 170, 255
