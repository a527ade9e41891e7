"""From frames to foreground masks: decision rules, OpenCV's methods, clean-up."""
