"""What the loops of `bgsub.model.compiled` share with those who read their results, and need no compiler."""

LEVELS = 255.0
# Bits of `flags`.
CONSTANT, RANK_DEFICIENT, AT_FLOOR, DEAD, UNDEFINED = 1, 2, 4, 8, 16
CLOSE_ENOUGH = 0.01  # nats per sample: within it, a fit counts as good as the one it is compared with
TRAJECTORY_UNIT = 2.0**24  # trajectories are summed in integers, so that tiles add up exactly in any order
