"""How far the kernel is from what the machine can do: operations counted in its source, the peak measured.

The E-step's loop over samples is where the operations are. They are counted in the syntax tree of that loop:
one each for + - * /, maximum, minimum, absolute value and square root, two for a fused multiply-add.
Comparisons, selections and loads are not floating-point operations, but take a place in the processor's
pipeline as well, so instructions are counted too. The peak is measured in the lanes that the E-step works in.
"""

import ast
import inspect
import textwrap
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import ModuleType

import numpy as np
from cases import OURS

from bgsub.model import lanemath, pair
from bgsub.model.compiled import compiled
from bgsub.model.gmm import PixelMixture
from bgsub.model.lanes import WIDTH, fma, load, store

FLOPS = {"fma": 2, "maximum": 1, "minimum": 1, "absolute": 1, "sqrt": 1, "select": 0, "power_of_two": 0}
INSTRUCTIONS = FLOPS | {"fma": 1, "select": 1, "power_of_two": 1, "load": 1}
NOTHING = {"range", "min", "max", "load", "splat"}
FEW, MANY = 20, 60  # iterations
SAMPLES = 44  # per pixel
ROUNDS = 4000
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


def count_operations(function: Callable, weights: dict[str, int], module: ModuleType = pair) -> int:
    """Count what one pass of the longest innermost loop of a kernel does to one sample of one pixel.

    Parameters
    ----------
    function : compiled function
    weights : dict of str to int
        What a call of each elementary function counts; other functions are counted by their own source.
    module : module
        Where names are looked up.
    """
    tree = _tree(function)
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    innermost = [loop for loop in loops if not any(isinstance(part, ast.For) for part in loop.body)]
    longest = max(innermost, key=lambda loop: len(list(ast.walk(loop))))
    return sum(_count(node, weights, module) for node in longest.body)


def _tree(function: Callable) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function.py_func)))


def _count(node: ast.AST, weights: dict[str, int], module: ModuleType) -> int:
    if isinstance(node, ast.Call):
        name = node.func.id
        own = weights.get(name)
        if own is None and name not in NOTHING:
            callee = getattr(module, name, None) or getattr(lanemath, name)
            own = _count(_tree(callee), weights, lanemath)
        inside = [] if name in ("load", "store", "range") else node.args  # addresses are integers
        return (own or 0) + sum(_count(part, weights, module) for part in inside)
    own = 1 if isinstance(node, ast.BinOp) else 0
    if isinstance(node, ast.Compare) and "select" in weights and weights["select"]:
        own = 1
    return own + sum(_count(part, weights, module) for part in ast.iter_child_nodes(node))


@compiled
def _multiply_add(values, rounds):
    """Twelve chains of fused multiply-adds on 8 doubles each; `values` (14, 8)."""
    a, b = load(values, 12), load(values, 13)
    v0, v1, v2, v3 = load(values, 0), load(values, 1), load(values, 2), load(values, 3)
    v4, v5, v6, v7 = load(values, 4), load(values, 5), load(values, 6), load(values, 7)
    v8, v9, v10, v11 = load(values, 8), load(values, 9), load(values, 10), load(values, 11)
    for _ in range(rounds):
        v0, v1, v2, v3 = fma(v0, a, b), fma(v1, a, b), fma(v2, a, b), fma(v3, a, b)
        v4, v5, v6, v7 = fma(v4, a, b), fma(v5, a, b), fma(v6, a, b), fma(v7, a, b)
        v8, v9, v10, v11 = fma(v8, a, b), fma(v9, a, b), fma(v10, a, b), fma(v11, a, b)
    store(values, 0, (v0 + v1) + (v2 + v3) + (v4 + v5) + (v6 + v7) + (v8 + v9) + (v10 + v11))


def measure_peak(repetitions: int = 300) -> float:
    """Billions of floating-point operations per second of one thread in fused multiply-adds."""
    values = np.full((CHAINS + 2, WIDTH), 0.5)
    _multiply_add(values, 10)
    best = min(_seconds(lambda: _multiply_add(values, ROUNDS)) for _ in range(repetitions))
    return 2 * CHAINS * WIDTH * ROUNDS / best / 1e9


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

    The samples are noise, so that no pixel is constant and none needs the E-step's careful form. Four
    times as many samples per pixel tell the loop over samples from the rest of an iteration.
    """
    frames = np.random.default_rng(0).normal(128, 5, (4 * SAMPLES, 16, 720, 3)).round().astype(np.uint8)
    pixels = frames[0].size // 3
    short, long = measure_iteration(frames[:SAMPLES]), measure_iteration(frames)
    return Roofline(
        flops=count_operations(pair.expect, FLOPS),
        instructions=count_operations(pair.expect, INSTRUCTIONS),
        loop=1e9 * (long - short) / (3 * SAMPLES) / pixels,
        iteration=1e9 * short / SAMPLES / pixels,
        peak=measure_peak(),
        dgemm=measure_dgemm(),
    )


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
