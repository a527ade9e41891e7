"""Elementary functions for compiled code whose last bit does not depend on the machine's C library."""

from math import factorial

import numpy as np

from bgsub.model.compiled import compiled

LOG2_E = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01  # ln 2 in two parts, so that n * LN2_HIGH is exact for |n| < 2^20
LN2_LOW = 1.90821492927058770002e-10
TAYLOR = tuple(1.0 / factorial(k) for k in range(13, -1, -1))  # of exp, highest power first
ODD = tuple(1.0 / k for k in range(21, 1, -2))  # of log((1 + s) / (1 - s)) / (2 s) - 1 in s^2
LOWEST_EXPONENT = -708.0  # exp below it is no normal number; treated as exp(-708), 3e-308


@compiled
def exp(x: float) -> float:
    """Exponential of `x` <= 700 to 1e-15: Cody and Waite's reduction, a polynomial of degree 13."""
    x = max(x, LOWEST_EXPONENT)
    n = np.floor(x * LOG2_E + 0.5)
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    p = 0.0
    for coefficient in TAYLOR:
        p = p * r + coefficient
    return p * np.int64((np.int64(n) + 1023) << 52).view(np.float64)


@compiled
def log(x: float) -> float:
    """Natural logarithm of a normal number `x` > 0, to 1e-15; from the odd series of log((1+s)/(1-s))."""
    bits = np.float64(x).view(np.int64)
    # The mantissa is taken from [sqrt(1/2), sqrt(2)), so that |s| < 0.1716.
    shifted = bits - np.int64(0x3FE6A09E667F3BCD)
    n = shifted >> 52
    m = np.int64(bits - (n << 52)).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 0.0
    for coefficient in ODD:
        p = p * z + coefficient
    return n * LN2_HIGH + (2.0 * s + (2.0 * s * z * p + n * LN2_LOW))


@compiled
def mix(z: np.uint64) -> np.uint64:
    """Return 64 well-mixed bits of a counter, by splitmix64 (Steele, Lea & Flood 2014)."""
    z = np.uint64(z) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def uniform(seed: int, pixel: int, draw: int) -> float:
    """Random double in [0, 1) that depends on the seed, the pixel's index and the draw's number only."""
    z = mix(mix(mix(np.uint64(seed)) ^ np.uint64(pixel)) ^ np.uint64(draw))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)
