"""The fast fit of a band: two components of RGB colours, 8 pixels in lanes; a pixel that is done makes way for the next.

Same meaning of arguments and results as `bgsub.em.fit_band`.
"""

import numpy as np

from bgsub.compiled import compiled
from bgsub.em import ALIVE_SAMPLES, AT_FLOOR, CONSTANT, DEAD, RANK_DEFICIENT, ROUNDING_VARIANCE, UNDEFINED
from bgsub.em import LOG_LEVELS, TRAJECTORY_UNIT
from bgsub.lanemath import determinant, main_axis, sort_rows
from bgsub.lanes import WIDTH, bits, both, either, fma, load, maximum, select, splat, store
from bgsub.lanes import floor, load_colours
from bgsub.linalg import rank
from bgsub.numerics import LOG_2PI, LOWEST_EXPONENT, log, uniform
from bgsub.pair import (
    PARAMETERS,
    SUMS,
    complement,
    expect,
    expect_exactly,
    extrapolate,
    maximise,
    singular,
)
from bgsub.starts import LEVELS, SMALLEST_SIDE

START, PLAIN, EXTRAPOLATED = 0.0, 1.0, 2.0  # where a lane's present parameters come from
FIRST_STEP = 2.0  # longest extrapolation at first and after a failure; four times as long after each success


@compiled
def load_samples(frames, first, x, centre, totals):
    """Load 8 pixels from `first` on (the last one repeated past the end): centred samples, centres, total sums."""
    n_samples, n_pixels, _ = frames.shape
    inside = first + WIDTH <= n_pixels
    total1, total2, total3 = splat(0.0), splat(0.0), splat(0.0)
    for i in range(n_samples):
        if inside:
            x1, x2, x3 = load_colours(frames[i], first)
            store(x, 3 * i, x1)
            store(x, 3 * i + 1, x2)
            store(x, 3 * i + 2, x3)
        else:
            for j in range(WIDTH):
                for c in range(3):
                    x[3 * i + c, j] = np.float64(frames[i, min(first + j, n_pixels - 1), c])
        total1, total2, total3 = total1 + load(x, 3 * i), total2 + load(x, 3 * i + 1), total3 + load(x, 3 * i + 2)
    c1, c2, c3 = floor(total1 / n_samples + 0.5), floor(total2 / n_samples + 0.5), floor(total3 / n_samples + 0.5)
    store(centre, 0, c1)
    store(centre, 1, c2)
    store(centre, 2, c3)
    for i in range(n_samples):
        store(x, 3 * i, load(x, 3 * i) - c1)
        store(x, 3 * i + 1, load(x, 3 * i + 1) - c2)
        store(x, 3 * i + 2, load(x, 3 * i + 2) - c3)
    label_sums(x, n_samples, x, -1e300, totals)


@compiled
def label_sums(x, n_samples, position, threshold, sums):
    """Sums over the samples whose `position` (rows) is at least `threshold` (a number, or lanes)."""
    zero = splat(0.0)
    one = splat(1.0)
    r, s1, s2, s3, s11, s12, s13, s22, s23, s33 = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    for i in range(n_samples):
        r1 = select(load(position, i) >= threshold, one, zero)
        x1, x2, x3 = load(x, 3 * i), load(x, 3 * i + 1), load(x, 3 * i + 2)
        r1x1, r1x2, r1x3 = r1 * x1, r1 * x2, r1 * x3
        r, s1, s2, s3 = r + r1, s1 + r1x1, s2 + r1x2, s3 + r1x3
        s11, s12, s13 = fma(r1x1, x1, s11), fma(r1x1, x2, s12), fma(r1x1, x3, s13)
        s22, s23, s33 = fma(r1x2, x2, s22), fma(r1x2, x3, s23), fma(r1x3, x3, s33)
    store(sums, 0, r)
    store(sums, 1, s1)
    store(sums, 2, s2)
    store(sums, 3, s3)
    store(sums, 4, s11)
    store(sums, 5, s12)
    store(sums, 6, s13)
    store(sums, 7, s22)
    store(sums, 8, s23)
    store(sums, 9, s33)


@compiled
def split(x, n_samples, totals, position, ordered, sums):
    """Start of `bgsub.starts.split` as sums: the best cut along the samples' first principal component."""
    scale = 1.0 / n_samples
    m1, m2, m3 = load(totals, 1) * scale, load(totals, 2) * scale, load(totals, 3) * scale
    v1, v2, v3 = main_axis(
        load(totals, 4) * scale - m1 * m1,
        load(totals, 5) * scale - m1 * m2,
        load(totals, 6) * scale - m1 * m3,
        load(totals, 7) * scale - m2 * m2,
        load(totals, 8) * scale - m2 * m3,
        load(totals, 9) * scale - m3 * m3,
    )
    total = splat(0.0)
    for i in range(n_samples):
        value = fma(v1, load(x, 3 * i), fma(v2, load(x, 3 * i + 1), v3 * load(x, 3 * i + 2)))
        store(position, i, value)
        store(ordered, i, value)
    sort_rows(ordered, n_samples)
    for i in range(n_samples):
        total = total + load(ordered, i)
    side = min(SMALLEST_SIDE, n_samples // 2)
    zero = splat(0.0)
    below, best, cut, lone_best, lone_cut = zero, splat(-1.0), zero, splat(-1.0), splat(-1e300)
    for i in range(1, n_samples):
        last, value = load(ordered, i - 1), load(ordered, i)
        below = below + last
        above = total - below
        between = below * below * (1.0 / i) + above * above * (1.0 / (n_samples - i))
        apart = 1e-6 < value - last  # never between samples of one colour
        if side <= i <= n_samples - side:
            better = both(apart, best < between)
            best, cut = select(better, between, best), select(better, value, cut)
        else:
            better = both(apart, lone_best < between)
            lone_best, lone_cut = select(better, between, lone_best), select(better, value, lone_cut)
    # Component 1 is the lower part. (The axis of a nearly isotropic pixel is anything, and may allow no cut.)
    label_sums(x, n_samples, position, select(best < 0.0, lone_cut, cut), sums)
    complement(sums, totals)
    for row in range(SUMS):
        above, below = load(sums, row), load(sums, SUMS + row)
        store(sums, row, below)
        store(sums, SUMS + row, above)


@compiled
def set_sums(sums, k, j, weight, m1, m2, m3, v11, v12, v13, v22, v23, v33):
    """Sums of component `k` in lane `j` that an M-step turns into this mean and covariance."""
    s = k * SUMS
    sums[s, j] = weight
    sums[s + 1, j], sums[s + 2, j], sums[s + 3, j] = weight * m1, weight * m2, weight * m3
    sums[s + 4, j], sums[s + 5, j] = weight * (v11 + m1 * m1), weight * (v12 + m1 * m2)
    sums[s + 6, j], sums[s + 7, j] = weight * (v13 + m1 * m3), weight * (v22 + m2 * m2)
    sums[s + 8, j], sums[s + 9, j] = weight * (v23 + m2 * m3), weight * (v33 + m3 * m3)


@compiled
def random_start(start, seed, pixel, j, x, n_samples, totals, centre, sums):
    """Start 1 (`uniform`) or 2 (`random`) of `bgsub.starts` as sums, in lane `j`."""
    half = 0.5 * n_samples
    if start == 1:
        variance = LEVELS * LEVELS
        for k in range(2):
            m1 = LEVELS * uniform(seed, pixel, 3 * k) - centre[0, j]
            m2 = LEVELS * uniform(seed, pixel, 3 * k + 1) - centre[1, j]
            m3 = LEVELS * uniform(seed, pixel, 3 * k + 2) - centre[2, j]
            set_sums(sums, k, j, half, m1, m2, m3, variance, 0.0, 0.0, variance, 0.0, variance)
        return
    first = int(uniform(seed, pixel, 0) * n_samples)
    second = min(n_samples - 1, 1 + int(uniform(seed, pixel, 1) * max(1, n_samples - 1)))
    second = 0 if second == first else second  # as if the first had changed places with sample 0
    m1, m2, m3 = totals[1, j] / n_samples, totals[2, j] / n_samples, totals[3, j] / n_samples
    for k in range(2):
        i = first if k == 0 else second
        set_sums(
            sums, k, j, half, x[3 * i, j], x[3 * i + 1, j], x[3 * i + 2, j],
            totals[4, j] / n_samples - m1 * m1, totals[5, j] / n_samples - m1 * m2,
            totals[6, j] / n_samples - m1 * m3, totals[7, j] / n_samples - m2 * m2,
            totals[8, j] / n_samples - m2 * m3, totals[9, j] / n_samples - m3 * m3,
        )  # fmt: skip


@compiled
def full_rank(totals):
    """Mask of pixels whose samples surely span three dimensions: a sufficient condition for `rank` to be 3.

    The last pivot of an elimination is the determinant over the others, which are at most the largest variance.
    """
    n = load(totals, 0)
    t1, t2, t3 = load(totals, 1), load(totals, 2), load(totals, 3)
    s11, s22, s33 = n * load(totals, 4) - t1 * t1, n * load(totals, 7) - t2 * t2, n * load(totals, 9) - t3 * t3
    det = determinant(
        s11, n * load(totals, 5) - t1 * t2, n * load(totals, 6) - t1 * t3, s22, n * load(totals, 8) - t2 * t3, s33
    )
    largest = maximum(maximum(s11, s22), s33)
    return 1e-9 * largest * largest * largest < det


@compiled
def rank_of(totals, j, S, A):
    """Rank of lane `j`'s samples."""
    n = totals[0, j]
    t1, t2, t3 = totals[1, j], totals[2, j], totals[3, j]
    S[0, 0], S[1, 1], S[2, 2] = (
        n * totals[4, j] - t1 * t1,
        n * totals[7, j] - t2 * t2,
        n * totals[9, j] - t3 * t3,
    )
    S[0, 1] = S[1, 0] = n * totals[5, j] - t1 * t2
    S[0, 2] = S[2, 0] = n * totals[6, j] - t1 * t3
    S[1, 2] = S[2, 1] = n * totals[8, j] - t2 * t3
    return rank(S, A)


@compiled
def write_constant(p, covariance_floor, centre, j, weights, means, covariances):
    """Closed form of a constant pixel: one component with its colour; returns the log-likelihood."""
    variance = covariance_floor if covariance_floor > 0.0 else ROUNDING_VARIANCE
    for k in range(2):
        weights[k, p] = 1.0 - k
        for c in range(3):
            means[k, p, c] = centre[c, j] / LEVELS
            for d in range(3):
                covariances[k, p, c, d] = variance / (LEVELS * LEVELS) if c == d else 0.0
    return 3.0 * (LOG_LEVELS - 0.5 * LOG_2PI) - 1.5 * log(variance)


@compiled
def write_parameters(p, parameters, centre, j, weights, means, covariances):
    """Write lane `j`'s parameters in the units of values in [0, 1]."""
    scale = 1.0 / (LEVELS * LEVELS)
    for k in range(2):
        row = k * PARAMETERS
        weights[k, p] = parameters[row, j]
        means[k, p, 0] = (parameters[row + 1, j] + centre[0, j]) / LEVELS
        means[k, p, 1] = (parameters[row + 2, j] + centre[1, j]) / LEVELS
        means[k, p, 2] = (parameters[row + 3, j] + centre[2, j]) / LEVELS
        covariances[k, p, 0, 0] = parameters[row + 4, j] * scale
        covariances[k, p, 0, 1] = covariances[k, p, 1, 0] = parameters[row + 5, j] * scale
        covariances[k, p, 0, 2] = covariances[k, p, 2, 0] = parameters[row + 6, j] * scale
        covariances[k, p, 1, 1] = parameters[row + 7, j] * scale
        covariances[k, p, 1, 2] = covariances[k, p, 2, 1] = parameters[row + 8, j] * scale
        covariances[k, p, 2, 2] = parameters[row + 9, j] * scale


@compiled
def fixed(value):
    """Value in the trajectory's unit, rounded."""
    return np.int64(np.floor(value * TRAJECTORY_UNIT + 0.5))


@compiled
def fit_band(
    frames, first_pixel, start, seed, tolerance, max_iterations, covariance_floor, offset,
    weights, means, covariances, log_likelihood, n_iter, converged, flags, trajectory, converged_at,
):  # fmt: skip
    """Fit the pixels of `frames` (N, P, 3) uint8 with two components; see `bgsub.em.fit_band`."""
    n_samples, n_pixels, _ = frames.shape
    alive = 1e-8 if covariance_floor > 0.0 else 1e-300
    accelerate = covariance_floor > 0.0 and tolerance >= 0.0

    # The next 8 pixels wait here, ready to start.
    queue_x, queue_totals, queue_centre = np.empty((3 * n_samples, WIDTH)), np.empty((SUMS, WIDTH)), np.empty((3, WIDTH))
    queue_sums, position, ordered = np.empty((2 * SUMS, WIDTH)), np.empty((n_samples, WIDTH)), np.empty((n_samples, WIDTH))
    S, A = np.empty((3, 3)), np.empty((3, 3))
    next_pixel, full = 0, 0

    # The 8 pixels in work.
    x, totals, centre = np.zeros((3 * n_samples, WIDTH)), np.ones((SUMS, WIDTH)), np.zeros((3, WIDTH))
    parameters = np.ones((2 * PARAMETERS, WIDTH))
    sums, new, base = np.ones((2 * SUMS, WIDTH)), np.ones((2 * SUMS, WIDTH)), np.ones((SUMS, WIDTH))
    fallback = np.ones((SUMS, WIDTH))
    likelihood, best, kind, may, longest = np.zeros((1, WIDTH)), np.zeros((1, WIDTH)), np.zeros((1, WIDTH)), np.zeros((1, WIDTH)), np.zeros((1, WIDTH))
    pixel, t, rank_flag = np.full(WIDTH, -1), np.zeros(WIDTH, np.int64), np.zeros(WIDTH, np.int64)

    while True:
        working = 0
        for j in range(WIDTH):
            while pixel[j] < 0 and next_pixel < n_pixels:
                q = next_pixel % WIDTH
                if q == 0:
                    load_samples(frames, next_pixel, queue_x, queue_centre, queue_totals)
                    full = bits(full_rank(queue_totals))
                    if start == 0:
                        split(queue_x, n_samples, queue_totals, position, ordered, queue_sums)
                p = next_pixel
                next_pixel += 1
                data_rank = 3 if (full >> q) & 1 else rank_of(queue_totals, q, S, A)
                if data_rank == 0:
                    value = write_constant(offset + p, covariance_floor, queue_centre, q, weights, means, covariances)
                    log_likelihood[offset + p] = value
                    n_iter[offset + p] = 0
                    converged[offset + p] = True
                    flags[offset + p] = CONSTANT | (0 if covariance_floor > 0.0 else UNDEFINED)
                    trajectory[0] += fixed(value)
                    converged_at[0] += 1
                    continue
                if start != 0:
                    random_start(
                        start, seed, first_pixel + p, q, queue_x, n_samples, queue_totals, queue_centre, queue_sums
                    )
                for row in range(3 * n_samples):
                    x[row, j] = queue_x[row, q]
                for row in range(SUMS):
                    totals[row, j] = queue_totals[row, q]
                for row in range(2 * SUMS):
                    sums[row, j] = queue_sums[row, q]
                for c in range(3):
                    centre[c, j] = queue_centre[c, q]
                pixel[j], t[j], kind[0, j], best[0, j] = p, 0, START, 0.0
                longest[0, j] = FIRST_STEP
                rank_flag[j] = RANK_DEFICIENT if data_rank < 3 else 0
            if pixel[j] >= 0:
                working += 1
                may[0, j] = 1.0 if accelerate and t[j] + 1 < max_iterations else 0.0
        if working == 0:
            break

        empty = either(
            maximise(0, sums, n_samples, covariance_floor, alive, parameters),
            maximise(1, sums, n_samples, covariance_floor, alive, parameters),
        )
        undefined = 0
        if covariance_floor > 0.0:
            value = expect(x, n_samples, parameters, totals, new)
        else:
            undefined = bits(either(empty, either(singular(0, parameters), singular(1, parameters))))
            value, lowest = expect_exactly(x, n_samples, parameters, new)
            underflow = bits(lowest < LOWEST_EXPONENT)
        before = load(best, 0)
        kinds = load(kind, 0)
        fell = both(kinds >= EXTRAPOLATED, value < before)
        now = select(fell, before, value)
        store(likelihood, 0, now)
        plain = both(kinds >= PLAIN, kinds < EXTRAPOLATED)
        small_gain = bits(both(plain, now - before < tolerance))
        for j in range(WIDTH):
            if pixel[j] < 0:
                continue
            lost = (undefined >> j) & 1
            if lost:
                likelihood[0, j] = best[0, j]
            previous = fixed(best[0, j]) if t[j] > 0 else 0
            trajectory[t[j]] += fixed(likelihood[0, j]) - previous
            done = (small_gain >> j) & 1 and not lost and tolerance >= 0.0
            if covariance_floor == 0.0 and (underflow >> j) & 1 and t[j] < max_iterations:
                lost = 1
            if done or lost or t[j] == max_iterations:
                p = offset + pixel[j]
                write_parameters(p, parameters, centre, j, weights, means, covariances)
                log_likelihood[p] = likelihood[0, j]
                n_iter[p] = t[j]
                converged[p] = done
                flag = rank_flag[j] | (UNDEFINED if lost else 0)
                if min(parameters[0, j], parameters[PARAMETERS, j]) * n_samples < ALIVE_SAMPLES:
                    flag |= DEAD
                if covariance_floor > 0.0 and parameters[10, j] + parameters[PARAMETERS + 10, j] > 0.0:
                    flag |= AT_FLOOR
                flags[p] = flag
                if done:
                    converged_at[t[j]] += 1
                pixel[j] = -1
            t[j] += 1
        if accelerate:
            step = load(longest, 0)
            step = select(fell, splat(FIRST_STEP), select(kinds >= EXTRAPOLATED, 4.0 * step, step))
            store(longest, 0, step)
            allowed = both(plain, load(may, 0) >= 1.0)
            ahead = extrapolate(base, sums, new, totals, step, allowed, fell, fallback)
            store(kind, 0, select(ahead, splat(EXTRAPOLATED), splat(PLAIN)))
        else:
            for row in range(2 * SUMS):
                store(sums, row, load(new, row))
            store(kind, 0, splat(PLAIN))
        if covariance_floor > 0.0:
            complement(sums, totals)
        store(best, 0, load(likelihood, 0))
