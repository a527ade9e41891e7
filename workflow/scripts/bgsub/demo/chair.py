"""The chair that somebody moves in a rendered clip."""

import numpy as np

from bgsub.demo.figure import Sprite, draw, hits_of, lit_by
from bgsub.demo.motion import Path
from bgsub.demo.solids import Solid, Vector, View, value_noise

WOOD, CUSHION = range(2)
COLOURS = np.array([(122, 78, 46), (168, 60, 52)], float)
HALF, SEAT, BACK = 0.19, 0.46, 0.92  # half the width, heights of seat and back, metres
REACH = 0.56  # from the pelvis of who pushes it to its middle


def chair_at(path: Path) -> list[Solid]:
    """List the solids of a chair whose middle is where a path starts, its back to who comes along."""

    def rod(a: Vector, b: Vector, radius: float) -> Solid:
        return Solid(path.place(a), path.place(b), radius, radius, WOOD)

    def board(a: Vector, b: Vector, radius: float, part: int, normal: Vector, flatness: float) -> Solid:
        return Solid(path.place(a), path.place(b), radius, radius, part, path.direction(normal), flatness)

    feet = [(f, s) for f in (-HALF, HALF) for s in (-HALF, HALF)]
    legs = [rod((f, s, 0.02), (f, s, BACK if f < 0 else SEAT), 0.022) for f, s in feet]
    up, ahead = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)
    seat = [board((f, -0.05, SEAT), (f, 0.05, SEAT), HALF - 0.01, CUSHION, up, 0.22) for f in (-0.05, 0.05)]
    rails = [board((-HALF, -HALF, z), (-HALF, HALF, z), 0.055, WOOD, ahead, 0.35) for z in (0.68, 0.86)]
    return legs + seat + rails


def draw_chair(path: Path, height: int, width: int, *, lamp: bool = False) -> Sprite | None:
    """Draw the chair for a picture of the given size; None if out of sight. `lamp`: the table lamp is on."""

    def shade(view: View, hit: np.ndarray) -> np.ndarray:
        normal, point = hits_of(view, hit)
        part = view.part[hit].astype(np.int64)
        grain = 0.9 + 0.2 * value_noise(view.along[hit] * 9 + 13 * part, normal[0] * 3 + 7)
        return lit_by(COLOURS[part] * grain[:, None], point, normal, 1.0, lamp)

    return draw(chair_at(path), height, width, shade)
