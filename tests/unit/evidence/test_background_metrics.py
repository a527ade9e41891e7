import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgsub.evidence.background_metrics import eroded, luma, ms_ssim, score_background, true_background


def grey(level: float, height: int = 32, width: int = 40) -> np.ndarray:
    return np.full((height, width, 3), float(level))


def noisy(seed: int, height: int = 48, width: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(float)


# ---------------------------------------------------------------- luma


def test_luma_is_that_of_rgb2ycbcr():
    # Black, white, red, green and blue have these Y in every table of 8-bit BT.601.
    colours = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]])
    assert luma(colours[None]).tolist() == [[16, 235, 81, 145, 41]]


# ---------------------------------------------------------------- the measures, worked out


def test_a_perfect_background():
    found = score_background(noisy(0), noisy(0))
    assert (found.age, found.eps, found.peps, found.ceps, found.pceps) == (0, 0, 0, 0, 0)
    assert (found.psnr, found.cqm) == (math.inf, math.inf)
    assert found.ms_ssim == pytest.approx(1, abs=1e-12)


def test_a_worked_example():
    truth, background = grey(100), grey(100)
    background[5:10, 5:10] = 200  # 25 error pixels, of which 9 lie inside
    background[20, 20] = 123  # 20 levels of luma: at the limit, and no error pixel
    background[25, 25] = 125
    found = score_background(background, truth)
    error = luma(grey(200))[0, 0] - luma(grey(100))[0, 0]
    assert error == 86  # 100 levels shrink by 219/255
    pixels = 32 * 40
    assert luma(background)[20, 20] - luma(truth)[20, 20] == 20
    small = luma(background)[25, 25] - luma(truth)[25, 25]
    assert found.age == pytest.approx((25 * 86 + 20 + small) / pixels)
    assert (found.eps, found.ceps) == (26, 9)
    assert (found.peps, found.pceps) == (26 / pixels, 9 / pixels)
    square = (25 * 86**2 + 20**2 + small**2) / pixels
    assert found.psnr == pytest.approx(10 * math.log10(255**2 / square))
    # Grey has no colour: U and V are right, and infinitely good.
    assert found.cqm == math.inf


def test_cqm_of_a_worked_example():
    truth, background = grey(100), grey(100)
    background[..., 0] = 111  # red: Y = floor(411 / 4) is off by 2, U by 11
    background[0, 0, 2] = 90  # blue of one pixel: Y = floor(401 / 4) there is off by 0, V by 10
    found = score_background(background, truth)
    pixels = 32 * 40

    def decibel(total):
        return 10 * math.log10(255**2 * pixels / total)

    y, u, v = decibel((pixels - 1) * 2**2), decibel(pixels * 11**2), decibel(10**2)
    assert found.cqm == pytest.approx(0.9449 * y + 0.0551 * (u + v) / 2)


def test_cqm_does_not_saturate():
    # In 8-bit arithmetic R + 2G + B of both would be 255 and G > R would give U = 0: no error at all.
    found = score_background(grey(200) + np.array([0, 20, 0]), grey(200) + np.array([0, 40, 0]))
    assert found.cqm == pytest.approx(0.9449 * 20 * math.log10(255 / 10) + 0.0551 * 20 * math.log10(255 / 20))


def test_borders_are_judged_by_the_neighbours_that_exist():
    assert eroded(np.ones((5, 5), bool)).sum() == 25
    assert eroded(np.pad(np.ones((5, 5), bool), 1)).sum() == 9


@given(arrays(bool, (5, 6)))
def test_clusters_are_those_of_a_naive_loop(wrong):
    for row in range(5):
        for column in range(6):
            around = [
                (row, column),
                (row - 1, column),
                (row + 1, column),
                (row, column - 1),
                (row, column + 1),
            ]
            there = [wrong[r, c] for r, c in around if 0 <= r < 5 and 0 <= c < 6]
            assert eroded(wrong)[row, column] == all(there)


def test_no_estimate_is_the_worst_error_never_none():
    truth, background = grey(16), grey(16)
    background[0, :, 1] = np.nan  # one channel is enough
    found = score_background(background, truth)
    assert found.age == pytest.approx(255 / 32)
    assert (found.eps, found.ceps) == (40, 0)
    assert found.psnr == pytest.approx(10 * math.log10(32))
    assert found.cqm == pytest.approx(10 * math.log10(32))  # the same in all three channels
    assert found.ms_ssim < 0.9
    everywhere = score_background(np.full((32, 40, 3), np.nan), truth)
    assert (everywhere.age, everywhere.peps, everywhere.pceps, everywhere.psnr) == (255, 1, 1, 0)


def test_a_background_is_rounded_as_a_saved_image_would_be():
    assert score_background(grey(99.6), grey(100)) == score_background(grey(100.4), grey(100))
    assert score_background(grey(300), grey(255)).age == 0


def test_only_what_is_known_of_the_truth_counts():
    truth, background = grey(100), grey(100)
    truth[:, :20], background[:, :20] = np.nan, 0
    background[4:7, 20:22] = 200  # the unknown half is no neighbour that could be right
    found = score_background(background, truth, known=~np.isnan(truth).any(axis=2))
    assert found.age == pytest.approx(6 * 86 / 640)
    assert (found.eps, found.peps, found.ceps) == (6, 6 / 640, 1)
    assert found.ms_ssim < 1
    right = score_background(grey(100), truth, known=~np.isnan(truth).any(axis=2))
    assert (right.age, right.psnr, right.cqm) == (0, math.inf, math.inf)
    assert right.ms_ssim == pytest.approx(1)


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="truth"):
        score_background(grey(1), grey(1, 8, 8))
    with pytest.raises(ValueError, match="nowhere"):
        score_background(grey(1), grey(1), known=np.zeros((32, 40), bool))


# ---------------------------------------------------------------- MS-SSIM


def direct_ms_ssim(x: np.ndarray, y: np.ndarray) -> float:
    """Wang, Simoncelli and Bovik 2003, written down pixel by pixel as in the paper."""
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    size = min(11, min(x.shape) // 16)
    centre = (size - 1) / 2
    window = [
        [math.exp(-((i - centre) ** 2 + (j - centre) ** 2) / 4.5) for j in range(size)] for i in range(size)
    ]
    whole = sum(map(sum, window))
    c1, c2, result = (0.01 * 255) ** 2, (0.03 * 255) ** 2, 1.0
    for level in range(1, 6):
        luminances, contrasts = [], []
        for top in range(x.shape[0] - size + 1):
            for left in range(x.shape[1] - size + 1):
                mx = my = xx = yy = xy = 0.0
                for i in range(size):
                    for j in range(size):
                        w = window[i][j] / whole
                        a, b = x[top + i, left + j], y[top + i, left + j]
                        mx, my = mx + w * a, my + w * b
                        xx, yy, xy = xx + w * a * a, yy + w * b * b, xy + w * a * b
                contrast = (2 * (xy - mx * my) + c2) / (xx - mx**2 + yy - my**2 + c2)
                contrasts.append(contrast)
                luminances.append((2 * mx * my + c1) / (mx**2 + my**2 + c1) * contrast)
        factor = np.mean(luminances if level == 5 else contrasts)
        result *= max(factor, 0) ** weights[level - 1]
        rows, columns = (x.shape[0] + 1) // 2, (x.shape[1] + 1) // 2
        x, y = (
            np.array(
                [
                    [
                        np.mean(
                            [
                                z[min(r, z.shape[0] - 1), min(c, z.shape[1] - 1)]
                                for r in (2 * i, 2 * i + 1)
                                for c in (2 * j, 2 * j + 1)
                            ]
                        )
                        for j in range(columns)
                    ]
                    for i in range(rows)
                ]
            )
            for z in (x, y)
        )
    return result


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (51, 40)])
@pytest.mark.parametrize("noise", [5, 60])
def test_ms_ssim_is_the_papers(size, noise):
    rng = np.random.default_rng(size[1])
    smooth = 90 + 60 * np.sin(np.arange(size[0])[:, None] / 5) * np.cos(np.arange(size[1]) / 7)
    image = smooth + rng.normal(0, noise, size)
    assert ms_ssim(image, smooth) == pytest.approx(direct_ms_ssim(image, smooth), rel=1e-9)


def test_the_full_window_is_that_of_a_gaussian_of_eleven_pixels():
    # At 176 pixels and more the window has its size; a coarse texture keeps the direct sum short.
    rng = np.random.default_rng(4)
    image, truth = rng.normal(100, 30, (176, 176)), rng.normal(100, 30, (176, 176))
    assert ms_ssim(image, truth) == ms_ssim(truth, image)
    assert ms_ssim(image[:175], truth[:175]) != pytest.approx(ms_ssim(image, truth), rel=1e-4)


@given(st.integers(32, 60), st.integers(32, 60), st.integers(0, 9))
def test_ms_ssim_is_one_for_equals_and_less_for_others(height, width, seed):
    image = noisy(seed, height, width)[..., 0]
    assert ms_ssim(image, image) == pytest.approx(1, abs=1e-12)
    assert 0 <= ms_ssim(image, np.roll(image, 3, axis=1)) < 1
    assert ms_ssim(image, 255 - image) == 0  # structure reversed


def test_ms_ssim_of_too_small_an_image_is_none():
    assert ms_ssim(np.zeros((31, 99)), np.zeros((31, 99))) is None
    assert ms_ssim(np.zeros((32, 99)), np.zeros((32, 99))) == 1
    assert score_background(grey(1, 15, 20), grey(1, 15, 20)).ms_ssim is None


# ---------------------------------------------------------------- the true background


@given(
    arrays(np.uint8, (5, 3, 4, 3)),
    arrays(np.uint8, (5, 3, 4), elements=st.sampled_from([0, 50, 85, 170, 255])),
)
def test_true_background_is_the_median_of_static_frames(frames, groundtruth):
    background, count = true_background(frames, groundtruth)
    for row, column in np.ndindex(3, 4):
        static = frames[groundtruth[:, row, column] == 0, row, column]
        assert count[row, column] == len(static)
        if len(static):
            np.testing.assert_array_equal(background[row, column], np.median(static, axis=0))
        else:
            assert np.isnan(background[row, column]).all()


def test_true_background_reads_a_clip_in_bands(monkeypatch):
    monkeypatch.setattr("bgsub.evidence.background_metrics._BAND_BYTES", 400)
    frames = np.random.default_rng(0).integers(0, 256, (4, 7, 5, 3), np.uint8)
    groundtruth = np.zeros((4, 7, 5), np.uint8)
    groundtruth[1:, 6] = 255
    background, count = true_background(frames, groundtruth)
    np.testing.assert_array_equal(background[:6], np.median(frames[:, :6], axis=0))
    np.testing.assert_array_equal(background[6], frames[0, 6])
    assert count[:, 0].tolist() == [4] * 6 + [1]
