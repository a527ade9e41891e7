"""What the loops of `bgsub.model.compiled` share with those who read their results, and need no compiler."""

LEVELS = 255.0
LOG_LEVELS = 5.541263545158426  # log 255: density of values in [0, 1] from that of levels, per channel
LOG_2PI = 1.8378770664093453
ROUNDING_VARIANCE = 1.0 / 12.0  # levels^2: stands in where a likelihood is asked for and none is defined
# Bits of `flags`.
CONSTANT, RANK_DEFICIENT, AT_FLOOR, DEAD, UNDEFINED = 1, 2, 4, 8, 16
CLOSE_ENOUGH = 0.01  # nats per sample: within it, a fit counts as good as the one it is compared with
TRAJECTORY_UNIT = 2.0**24  # trajectories are summed in integers, so that tiles add up exactly in any order
