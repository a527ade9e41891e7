"""How far the kernel is from what the machine can do: operations are counted, the peak is measured.

The E-step's work on a sample is where the operations are. It is traced as in the fit, and its floating-point
operations are counted: one each for + - * / and absolute value, two for a fused multiply-add. Comparisons and
selections are none, but take a place in the processor's pipeline as well, so instructions are counted too;
the samples' loads are. The peak is measured in the lanes that the E-step works in.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from cases import OURS
from llvmlite import ir
from numba import njit

from bgsub.model import lanes, steps
from bgsub.model.gmm import PixelMixture
from bgsub.model.lanes import WIDTH, Rows, Scalar, Variable, kernel, loop

ONE_EACH = ("fadd", "fsub", "fmul", "fdiv")
NO_INSTRUCTIONS = ("bitcast", "getelementptr", "alloca", "fneg")  # nothing, or part of another
FEW, MANY = 20, 60  # iterations
SAMPLES = 44  # per pixel
ROUNDS = 4000
HALF = WIDTH // 2  # lanes that the E-step takes at a time
CHAINS = 12  # independent operations in flight: more than latency times pipelines


@dataclass(frozen=True)
class Roofline:
    """What the kernel does per sample and iteration, and how fast, on one thread.

    Attributes
    ----------
    flops, instructions : int
        Of the E-step's loop, per sample.
    loop, iteration : float
        Nanoseconds per sample of that loop, and of a whole iteration with the M-step, at 44 samples.
    peak, dgemm : float
        Billions of floating-point operations per second: fused multiply-adds, numpy's matrix product.
    """

    flops: int
    instructions: int
    loop: float
    iteration: float
    peak: float
    dgemm: float

    def figures(self) -> dict[str, float]:
        """Return all figures by name, with shares of the peak and of the places for instructions."""
        return asdict(self) | {
            "reached": self.flops / self.loop,
            "share": self.flops / self.loop / self.peak,
            "iteration_share": self.flops / self.iteration / self.peak,
            "issue_share": self.instructions / self.loop / (self.peak / 2),
        }


def count_operations() -> tuple[int, int]:
    """Count floating-point operations and instructions of the E-step for one sample and two components."""
    kinds = [lanes.vector(HALF, lanes.SINGLE)] * 3 + [lanes.vector(HALF)] * 22
    function = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), kinds), "sample")
    builder = ir.IRBuilder(function.append_basic_block())
    lanes._tracing.append(builder)
    try:
        samples, odds, sums, (product, likelihood) = np.split(
            np.array([lanes.Lanes(value) for value in function.args], dtype=object), [3, 13, 23]
        )
        x = [one.double() for one in samples]
        r, density, highest = steps.posterior([x[0].like(0.0), steps.value_at(list(odds), x)])
        for result in (product * density, likelihood + highest):
            result.value  # noqa: B018 -- emits the product
        for moment, term in zip(sums, steps.terms_of(x, r[0]), strict=True):
            moment + term
    finally:
        lanes._tracing.pop()
    names = [one.callee.name if one.opname == "call" else one.opname for one in builder.block.instructions]
    flops = sum(1 for name in names if name in ONE_EACH or "fabs" in name) + 2 * sum(
        "fma" in n for n in names
    )
    return flops, sum(1 for name in names if name not in NO_INSTRUCTIONS) + len(samples)


@kernel
def _multiply_add(values: Rows, rounds: Scalar) -> None:
    """Chains of fused multiply-adds on 8 doubles each; `values` end with factor and summand."""
    values = values.half(0)
    chains = [Variable(values[row]) for row in range(CHAINS)]
    factor, summand = values[CHAINS], values[CHAINS + 1]
    for _ in loop(0, rounds):
        for chain in chains:
            chain.set(chain.get() * factor + summand)
    for row, chain in enumerate(chains):
        values[row] = chain.get()


@njit
def _run_multiply_add(values, rounds):
    _multiply_add(values, rounds)


def measure_peak(repetitions: int = 300) -> float:
    """Billions of floating-point operations per second of one thread in fused multiply-adds."""
    values = np.full((CHAINS + 2, WIDTH), 0.5)
    _run_multiply_add(values, 10)
    best = min(_seconds(lambda: _run_multiply_add(values, ROUNDS)) for _ in range(repetitions))
    return 2 * CHAINS * HALF * ROUNDS / best / 1e9


def measure_dgemm(size: int = 768, repetitions: int = 10) -> float:
    """Billions of operations per second of numpy's matrix product on one thread (set by the environment)."""
    matrix = np.random.default_rng(0).normal(size=(size, size))
    best = min(_seconds(lambda: matrix @ matrix) for _ in range(repetitions))
    return 2 * size**3 / best / 1e9


def measure_iteration(frames: np.ndarray, repetitions: int = 9) -> float:
    """Processor seconds of one EM iteration of all pixels on one thread, without start, input and output.

    From fits that differ in nothing but the number of iterations, each the fastest of several.
    """
    settings = OURS["converged"] | {"tolerance": None, "n_threads": 1}
    fastest = {FEW: np.inf, MANY: np.inf}
    for _ in range(repetitions):
        for count in fastest:
            start = time.process_time()
            PixelMixture(**settings | {"max_iterations": count}).fit(frames)
            fastest[count] = min(fastest[count], time.process_time() - start)
    return (fastest[MANY] - fastest[FEW]) / (MANY - FEW)


def measure() -> Roofline:
    """Measure all of it; needs a quiet machine.

    The samples are noise, so that no pixel is constant and none is taken a second time by the E-step. Four
    times as many samples per pixel tell the loop over samples from the rest of an iteration.
    """
    flops, instructions = count_operations()
    frames = np.random.default_rng(0).normal(128, 5, (4 * SAMPLES, 16, 720, 3)).round().astype(np.uint8)
    pixels = frames[0].size // 3
    short, long = measure_iteration(frames[:SAMPLES]), measure_iteration(frames)
    return Roofline(
        flops=flops,
        instructions=instructions,
        loop=1e9 * (long - short) / (3 * SAMPLES) / pixels,
        iteration=1e9 * short / SAMPLES / pixels,
        peak=measure_peak(),
        dgemm=measure_dgemm(),
    )


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
