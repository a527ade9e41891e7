"""What the loops of `bgsub.model.compiled` share with those who read their results, and need no compiler."""

LEVELS = 255.0
# Bits of `flags`.
CONSTANT, RANK_DEFICIENT, AT_FLOOR, DEAD, UNDEFINED = 1, 2, 4, 8, 16
CLOSE = 0.01  # nats per sample: a fit that is short of another by no more is as good
TRAJECTORY_UNIT = 2.0**24  # trajectories are summed in integers, so that tiles add up exactly in any order
