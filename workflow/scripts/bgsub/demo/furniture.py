"""What stands in the room of a rendered clip, in room coordinates."""

from collections.abc import Sequence
from typing import Any

from bgsub.demo.solids import Solid, Vector, add, subtract, unit

CORNER = (1.5, 6.5)  # of the room, on the stage
ALONG_LEFT = (-12 / 13, -5 / 13)  # u: along the left wall, away from the corner
ALONG_RIGHT = (5 / 13, -12 / 13)  # v: along the right wall

FLOOR, LEFT, RIGHT = 0, 1, 2
# Furniture: part -> colour (RGB levels under full light), grain (metres), strength of the grain.
FABRIC, FABRIC_DARK, WOOD, WOOD_DARK, POT, LEAF, LEAF_LIGHT, BRASS, SHADE, BOOKS, WHITE = range(3, 14)
PALETTE = {
    FABRIC: ((150, 92, 78), 0.012, 0.22),
    FABRIC_DARK: ((128, 74, 62), 0.012, 0.22),
    WOOD: ((164, 122, 82), 0.03, 0.2),
    WOOD_DARK: ((96, 68, 48), 0.03, 0.25),
    POT: ((176, 104, 72), 0.02, 0.12),
    LEAF: ((62, 104, 58), 0.03, 0.3),
    LEAF_LIGHT: ((98, 140, 74), 0.03, 0.3),
    BRASS: ((150, 130, 92), 0.05, 0.1),
    SHADE: ((236, 220, 184), 0.02, 0.06),
    BOOKS: ((150, 120, 100), 0.05, 0.1),
    WHITE: ((214, 208, 198), 0.05, 0.04),
}

# Boxes in room coordinates: u, u, v, v, z, z (metres), part. Only the bulky ones cast shadows.
SHADOWING = (
    (1.85, 3.75, 0.06, 0.82, 0.10, 0.40, FABRIC_DARK),  # sofa: base, back, arms
    (1.85, 3.75, 0.04, 0.26, 0.40, 0.80, FABRIC),
    (1.70, 1.88, 0.04, 0.84, 0.08, 0.58, FABRIC),
    (3.72, 3.90, 0.04, 0.84, 0.08, 0.58, FABRIC),
    (4.25, 4.30, 0.02, 0.36, 0.00, 1.24, WOOD),  # bookcase: side, top, shelf
    (4.25, 5.60, 0.02, 0.36, 1.20, 1.24, WOOD),
    (4.30, 5.55, 0.04, 0.34, 0.78, 0.81, WOOD),
    (0.75, 1.35, 0.12, 0.57, 0.46, 0.50, WOOD),  # side table: top
    (0.92, 1.18, 0.21, 0.47, 0.78, 1.00, SHADE),  # lamp shade
)
BULB = (1.05, 0.34, 0.95)  # of the table lamp: u, v, z
BOXES = (
    *SHADOWING,
    (4.25, 5.60, 0.02, 0.34, 0.00, 0.06, WOOD_DARK),  # bookcase: floor, back, other side, shelf, books
    (4.25, 5.60, 0.02, 0.06, 0.06, 1.20, WOOD_DARK),
    (5.55, 5.60, 0.02, 0.36, 0.00, 1.24, WOOD),
    (4.30, 5.55, 0.04, 0.34, 0.38, 0.41, WOOD),
    (4.32, 5.20, 0.08, 0.28, 0.81, 1.07, BOOKS),
    (4.55, 5.55, 0.08, 0.28, 0.41, 0.66, BOOKS),
    (0.79, 0.83, 0.16, 0.20, 0.00, 0.46, WOOD_DARK),  # side table: legs
    (1.27, 1.31, 0.16, 0.20, 0.00, 0.46, WOOD_DARK),
    (0.79, 0.83, 0.49, 0.53, 0.00, 0.46, WOOD_DARK),
    (1.27, 1.31, 0.49, 0.53, 0.00, 0.46, WOOD_DARK),
)
WINDOW = (0.50, 1.60, 1.42, 2.32)  # u, u, z, z on the left wall
CURTAIN = (1.20, 1.92, 0.92, 2.46)  # u, u, z, z on the left wall, where there is one
PICTURE = (2.35, 3.25, 1.30, 1.90)
DOORWAY = (1.52, 2.16, 0.0, 2.02)  # v, v, z, z on the right wall
RUG = (1.20, 3.60, 1.55, 3.15)  # u, u, v, v on the floor


def to_stage(u: float, v: float, z: float) -> tuple[float, float, float]:
    """Stage coordinates of a point given in room coordinates."""
    x = CORNER[0] + u * ALONG_LEFT[0] + v * ALONG_RIGHT[0]
    y = CORNER[1] + u * ALONG_LEFT[1] + v * ALONG_RIGHT[1]
    return x, y, z


def turn(x: Any, y: Any) -> tuple[Any, Any]:
    """Room components (u, v) of a horizontal vector of the stage."""
    return x * ALONG_LEFT[0] + y * ALONG_LEFT[1], x * ALONG_RIGHT[0] + y * ALONG_RIGHT[1]


def to_room(points: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Room coordinates u, v, z of stage points."""
    return (*turn(points[0] - CORNER[0], points[1] - CORNER[1]), points[2])


def soft_furniture(draught: float = 0.0) -> list[Solid]:
    """Cushions, lamp and plant, whose leaves a draught has moved by so many metres at their tips."""
    solids = []

    def place(
        part: int,
        a: Vector,
        b: Vector,
        ra: float,
        rb: float,
        normal: Vector = (0.0, 0.0, 1.0),
        flatness: float = 1.0,
    ) -> None:
        solids.append(Solid(to_stage(*a), to_stage(*b), ra, rb, part, normal, flatness))

    facing = (*ALONG_RIGHT, 0.0)
    for u in (2.12, 2.80, 3.48):  # seats and back cushions
        place(FABRIC, (u - 0.17, 0.50, 0.42), (u + 0.17, 0.50, 0.42), 0.20, 0.20, flatness=0.45)
        place(FABRIC, (u - 0.17, 0.62, 0.42), (u + 0.17, 0.62, 0.42), 0.20, 0.20, flatness=0.45)
        place(FABRIC, (u - 0.15, 0.30, 0.66), (u + 0.15, 0.30, 0.66), 0.21, 0.21, facing, 0.5)
    for u in (1.79, 3.81):
        place(FABRIC, (u, 0.10, 0.58), (u, 0.80, 0.58), 0.10, 0.10)
    place(WHITE, (2.1, 0.50, 0.62), (2.25, 0.48, 0.64), 0.14, 0.14, unit((*ALONG_RIGHT, 0.5)), 0.5)
    # table lamp
    place(BRASS, (1.05, 0.34, 0.52), (1.05, 0.34, 0.56), 0.09, 0.03)
    place(BRASS, (1.05, 0.34, 0.56), (1.05, 0.34, 0.80), 0.015, 0.015)
    # plant in the corner
    place(POT, (0.36, 0.40, 0.14), (0.36, 0.40, 0.32), 0.13, 0.17)
    leaves = (
        *((-12, -5, 10), (10, -3, 11), (3, 9, 9), (-5, 10, 13), (8, 7, 15)),
        *((-9, 3, 16), (2, -8, 15), (11, 2, 6), (-3, 4, 19), (5, -2, 19)),
    )
    for i, (du, dv, dz) in enumerate(leaves):
        tip = (0.36 + 0.030 * du, 0.40 + 0.030 * dv, 0.42 + 0.050 * dz)
        middle = (0.36 + 0.012 * du, 0.40 + 0.012 * dv, 0.40 + 0.032 * dz)
        if draught:
            # The higher, the farther; and not all leaves at once.
            blown = draught * (0.6 + 0.04 * dz) * (1 if i % 4 else -0.5)
            tip, middle = (tip[0] + blown, *tip[1:]), (middle[0] + 0.4 * blown, *middle[1:])
        root, middle, tip = to_stage(0.36, 0.40, 0.40), to_stage(*middle), to_stage(*tip)
        flat = unit(add((-0.3, -0.8, 0.5), unit(subtract(tip, middle)), -0.4))
        part = LEAF_LIGHT if i % 3 == 0 else LEAF
        solids.append(Solid(root, middle, 0.008, 0.010, part))
        solids.append(Solid(middle, tip, 0.075, 0.012, part, flat, 0.25))
    return solids
