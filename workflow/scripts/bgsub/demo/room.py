"""The empty room of the embedded clip: textured surfaces, furniture, a blinding window and a dark doorway."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from bgsub.demo.solids import (
    EYE,
    Solid,
    Vector,
    View,
    add,
    dot,
    pool,
    project,
    smoothstep,
    subtract,
    unit,
    value_noise,
)

LAMP = (-0.5, 2.7, 2.9)  # on the stage, metres
CORNER = (1.5, 6.5)  # of the room, on the stage
ALONG_LEFT = (-12 / 13, -5 / 13)  # u: along the left wall, away from the corner
ALONG_RIGHT = (5 / 13, -12 / 13)  # v: along the right wall
OVERSAMPLING = 2
BAND_ROWS = 32  # of the picture, rendered together: few enough for the processor's cache
SATURATED, BLACK = 330.0, -60.0  # radiance beyond what noise, shadow and drift can bring back into 0..255

# Shadow map: where on the floor plane the lamp casts a shadow, in texels.
MAP_ORIGIN, MAP_SHAPE, TEXELS_PER_METRE = (-6.0, 0.5), (400, 480), 40

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
PICTURE = (2.35, 3.25, 1.30, 1.90)
DOORWAY = (1.52, 2.16, 0.0, 2.02)  # v, v, z, z on the right wall
RUG = (1.20, 3.60, 1.55, 3.15)  # u, u, v, v on the floor


@dataclass(frozen=True)
class Room:
    """What the camera sees of the empty room.

    Attributes
    ----------
    radiance : ndarray of int32 (height, width, 3)
        RGB in 1/64 of a level at unit exposure; beyond 0..255 levels where the sensor clips.
    lit : ndarray of int32 (height, width, 3)
        The part of it that a shadow can take a share of: nothing of the window, which shines itself.
    shadow_texel : ndarray of int32 (height, width)
        Index into the flat shadow map of the texel that says whether the lamp reaches this pixel.
    """

    radiance: np.ndarray
    lit: np.ndarray
    shadow_texel: np.ndarray


def build_room(height: int, width: int, threads: int = 1) -> Room:
    """Render the empty room; the same on every machine, and whatever the clip's seed.

    Parameters
    ----------
    height, width : int
        Size of the picture, pixels.
    threads : int
        Bands of rows rendered at a time.
    """
    bands = [slice(top, top + BAND_ROWS) for top in range(0, height, BAND_ROWS)]
    with ThreadPoolExecutor(threads) as pool:
        rendered = pool.map(lambda rows: _build_band(height, width, rows), bands)
    return Room(*(np.concatenate(parts) for parts in zip(*rendered, strict=True)))


def _build_band(height: int, width: int, rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fields of the `Room` in some rows of the picture."""
    n = OVERSAMPLING
    view = View.of_picture(height * n, width * n, slice(n * rows.start, n * rows.stop))
    _draw_walls(view)
    for box in BOXES:
        _draw_box(view, box)
    for solid in _soft_furniture():
        view.draw(solid)
    points = view.points()
    radiance = _albedo(view, points) * _light(view, points)[..., None]
    _add_openings(view, points, radiance)
    fine = np.rint(radiance * 64).astype(np.int32)
    radiance = pool(fine, n) // (n * n)
    lit = np.where(radiance < 300 * 64, np.clip(radiance, 0, 255 * 64), 0)
    return radiance, lit, _shadow_texels(tuple(p[::n, ::n] for p in points))


def to_stage(u: float, v: float, z: float) -> tuple[float, float, float]:
    """Stage coordinates of a point given in room coordinates."""
    x = CORNER[0] + u * ALONG_LEFT[0] + v * ALONG_RIGHT[0]
    y = CORNER[1] + u * ALONG_LEFT[1] + v * ALONG_RIGHT[1]
    return x, y, z


def _turn(x: Any, y: Any) -> tuple[Any, Any]:
    """Room components (u, v) of a horizontal vector of the stage."""
    return x * ALONG_LEFT[0] + y * ALONG_LEFT[1], x * ALONG_RIGHT[0] + y * ALONG_RIGHT[1]


def to_room(points: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Room coordinates u, v, z of stage points."""
    return (*_turn(points[0] - CORNER[0], points[1] - CORNER[1]), points[2])


def _draw_walls(view: View) -> None:
    ray = view.directions()
    ru, rv = _turn(ray[0], ray[1])
    eu, ev, ez = to_room(EYE)
    planes = (
        (FLOOR, ez, ray[2], (0.0, 0.0, 1.0)),
        (LEFT, ev, rv, (*ALONG_RIGHT, 0.0)),
        (RIGHT, eu, ru, (*ALONG_LEFT, 0.0)),
    )
    for part, distance, speed, normal in planes:
        depth = np.broadcast_to(
            np.where(speed < 0, -distance / np.where(speed < 0, speed, -1), np.inf), view.depth.shape
        )
        nearer = depth < view.depth
        view.depth[nearer], view.part[nearer] = depth[nearer], part
        for axis in range(3):
            view.normal[axis][nearer] = normal[axis]


def _draw_box(view: View, box: tuple) -> None:
    low, high = box[0:6:2], box[1:6:2]
    corners = [to_stage(u, v, z) for u in box[0:2] for v in box[2:4] for z in box[4:6]]
    if min(project(c)[2] for c in corners) < 0.3:
        return
    rows, columns = view.window([Solid(c, c, 0.01, 0.01) for c in corners])
    ray = view.directions(rows, columns)
    ray = (*_turn(ray[0], ray[1]), ray[2])
    eye = to_room(EYE)
    shape = view.depth[rows, columns].shape
    enter, leave, face = np.zeros(shape), np.full(shape, np.inf), np.zeros(shape, np.int64)
    for axis in range(3):
        speed = np.where(ray[axis] == 0, 1e-12, ray[axis])
        first, second = (low[axis] - eye[axis]) / speed, (high[axis] - eye[axis]) / speed
        near = np.minimum(first, second)
        face = np.where(near > enter, axis, face)
        enter, leave = np.maximum(enter, near), np.minimum(leave, np.maximum(first, second))
    hit = (enter < leave) & (enter < view.depth[rows, columns])
    view.depth[rows, columns][hit] = enter[hit]
    view.part[rows, columns][hit] = box[6]
    for axis, normal in enumerate(((*ALONG_LEFT, 0.0), (*ALONG_RIGHT, 0.0), (0.0, 0.0, 1.0))):
        chosen = hit & (face == axis)
        for k in range(3):
            view.normal[k][rows, columns][chosen] = normal[k]


def _soft_furniture() -> list[Solid]:
    """Cushions, lamp and plant."""
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
        (-12, -5, 10),
        (10, -3, 11),
        (3, 9, 9),
        (-5, 10, 13),
        (8, 7, 15),
        (-9, 3, 16),
        (2, -8, 15),
        (11, 2, 6),
        (-3, 4, 19),
        (5, -2, 19),
    )
    for i, (du, dv, dz) in enumerate(leaves):
        tip = (0.36 + 0.030 * du, 0.40 + 0.030 * dv, 0.42 + 0.050 * dz)
        middle = (0.36 + 0.012 * du, 0.40 + 0.012 * dv, 0.40 + 0.032 * dz)
        root, middle, tip = to_stage(0.36, 0.40, 0.40), to_stage(*middle), to_stage(*tip)
        flat = unit(add((-0.3, -0.8, 0.5), unit(subtract(tip, middle)), -0.4))
        part = LEAF_LIGHT if i % 3 == 0 else LEAF
        solids.append(Solid(root, middle, 0.008, 0.010, part))
        solids.append(Solid(middle, tip, 0.075, 0.012, part, flat, 0.25))
    return solids


def _inside(rectangle: tuple, p: np.ndarray, q: np.ndarray, margin: float = 0.0) -> np.ndarray:
    return (
        (p > rectangle[0] - margin)
        & (p < rectangle[1] + margin)
        & (q > rectangle[2] - margin)
        & (q < rectangle[3] + margin)
    )


def _albedo(view: View, points: tuple) -> np.ndarray:
    """Colour (height, width, 3) of each surface under full light, levels."""
    albedo = np.zeros((*view.depth.shape, 3))
    u, v, z = to_room(points)
    on = view.part == FLOOR
    albedo[on] = _planks(u[on], v[on])
    on &= _inside(RUG, u, v)
    albedo[on] = _rug(u[on], v[on])
    for part, place, tint in ((LEFT, u, (203, 192, 170)), (RIGHT, v, (196, 184, 162))):
        on = view.part == part
        albedo[on] = _wallpaper(place[on], z[on], tint)
    on = (view.part == LEFT) & _inside(PICTURE, u, z, 0.05)
    albedo[on] = _picture(u[on], z[on])
    for part, (colour, grain, strength) in PALETTE.items():
        on = view.part == part
        texture = 1 - strength / 2 + strength * value_noise((u[on] + v[on]) / grain, (z[on] - v[on]) / grain)
        albedo[on] = np.array(colour) * texture[:, None]
    on = view.part == BOOKS
    albedo[on] *= _spines(u[on])
    return albedo


def _planks(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Colour of oak boards, 14 cm wide, along the left wall."""
    row = np.floor(v / 0.14)
    shifted = u / 1.3 + value_noise(row, 0 * row) * 7
    board = np.floor(shifted)
    tone = 0.86 + 0.28 * value_noise(row * 3, board * 5)
    grain = value_noise(u * 3 + row * 17, v * 60) * 0.12 + value_noise(u * 14 + row * 31, v * 220) * 0.08
    across, lengthwise = v / 0.14 - row, shifted - board
    joint = np.where((across < 0.035) | (lengthwise < 0.004), 0.68, 1.0)
    return np.array([176.0, 138.0, 98.0]) * ((tone + grain - 0.1) * joint)[:, None]


def _rug(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Colour of a woven rug with a border and faded diamonds."""
    edge = np.minimum(np.minimum(u - RUG[0], RUG[1] - u), np.minimum(v - RUG[2], RUG[3] - v))
    across, down = (u - RUG[0]) * 2.5, (v - RUG[2]) * 2.5  # diamonds of 40 cm
    du, dv = across - np.floor(across + 0.5), down - np.floor(down + 0.5)
    diamond = np.where(edge > 0.2, np.abs(du) + np.abs(dv), 1.0)
    colour = np.where((diamond < 0.28)[:, None], (150.0, 128.0, 112.0), (132.0, 122.0, 118.0))
    colour = np.where((np.abs(diamond - 0.4) < 0.035)[:, None], (172.0, 160.0, 142.0), colour)
    colour = np.where(((edge > 0.08) & (edge < 0.15))[:, None], (118.0, 88.0, 84.0), colour)
    weave = 0.86 + 0.18 * value_noise(u * 90, v * 90) + 0.10 * value_noise(u * 4, v * 4)
    return colour * weave[:, None]


def _wallpaper(place: np.ndarray, z: np.ndarray, tint: tuple) -> np.ndarray:
    """Colour of plaster with a faint stripe, and of a white skirting board."""
    stripe = place * 5 - np.floor(place * 5)
    tone = 0.965 + 0.035 * smoothstep((np.abs(stripe - 0.5) - 0.22) * 20)
    tone = (
        tone
        + 0.05 * (value_noise(place * 2.5, z * 2.5) - 0.5)
        + 0.06 * (value_noise(place * 45, z * 45) - 0.5)
    )
    colour = np.array(tint) * tone[:, None]
    board = np.where((z > 0.085) & (z < 0.1), 0.72, 1.0) * (0.98 + 0.02 * value_noise(place * 20, z * 60))
    return np.where((z < 0.1)[:, None], np.array([214.0, 208.0, 196.0]) * board[:, None], colour)


def _picture(u: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Colour of a landscape in a dark frame with a pale mount."""
    low, high = PICTURE[2], PICTURE[3]
    edge = np.minimum(np.minimum(u - PICTURE[0], PICTURE[1] - u), np.minimum(z - low, high - z))
    rise = (z - low) / (high - low)
    sky = np.array([150.0, 170.0, 186.0]) + np.array([60.0, 20.0, -30.0]) * (1 - rise)[:, None]
    hills = 0.34 + 0.28 * value_noise(u * 4.2, 0 * u + 0.3)
    meadow = 0.26 + 0.14 * value_noise(u * 3.1, 0 * u + 7.7)
    scene = np.where((rise < hills)[:, None], (92.0, 112.0, 120.0), sky)
    scene = np.where((rise < meadow)[:, None], (104.0, 116.0, 66.0), scene)
    scene = scene * (0.85 + 0.3 * value_noise(u * 40, z * 40))[:, None]
    scene = np.where((edge < 0.07)[:, None], (222.0, 216.0, 202.0), scene)
    return np.where((edge < 0.0)[:, None], (74.0, 50.0, 36.0), scene)


def _spines(u: np.ndarray) -> np.ndarray:
    """Tints that make one box a row of books."""
    book = np.floor(u / 0.045)
    tints = [0.55 + 0.8 * value_noise(book * 3, 0 * book + k) for k in (1.0, 40.0, 90.0)]
    gap = np.where(u / 0.045 - book < 0.12, 0.5, 1.0)
    return np.stack(tints, axis=-1) * gap[:, None]


def _light(view: View, points: tuple) -> np.ndarray:
    """Light on each surface: ambient, lamp with soft shadows of the furniture, daylight from the window."""
    to_lamp = tuple(c - p for c, p in zip(LAMP, points, strict=True))
    distance2 = dot(to_lamp, to_lamp)
    lamp = np.maximum(dot(to_lamp, view.normal) / np.sqrt(distance2), 0) / (1 + 0.10 * distance2)
    glass = to_stage((WINDOW[0] + WINDOW[1]) / 2, 0.1, 1.8)
    to_glass = tuple(c - p for c, p in zip(glass, points, strict=True))
    distance2 = dot(to_glass, to_glass)
    daylight = np.maximum(dot(to_glass, view.normal) / np.sqrt(distance2), 0) / (1 + 0.35 * distance2)
    u, v, z = to_room(points)
    # Corners and the undersides of things get less of the ambient light.
    nook = 0.84 + 0.16 * smoothstep(np.minimum(u, v) / 0.7) * smoothstep(0.35 + z / 0.5)
    ambient = (0.45 + 0.08 * view.normal[2]) * nook
    return ambient + 0.92 * lamp * _lamp_reach(view, points) + 0.35 * daylight


def _lamp_reach(view: View, points: tuple) -> np.ndarray:
    """Share of the lamp, five points of it, that the furniture leaves visible."""
    step = OVERSAMPLING
    place = to_room(
        tuple(p[::step, ::step] + 0.01 * n[::step, ::step] for p, n in zip(points, view.normal, strict=True))
    )
    reach = np.zeros(place[0].shape)
    sources = [(0, 0), (0.25, 0.1), (-0.1, 0.25), (-0.25, -0.1), (0.1, -0.25)]
    for dx, dy in sources:
        lamp = to_room((LAMP[0] + dx, LAMP[1] + dy, LAMP[2]))
        ray = tuple(np.where(c == p, 1e-12, c - p) for c, p in zip(lamp, place, strict=True))
        free = np.ones(reach.shape, bool)
        for box in SHADOWING:
            enter, leave = 0.0, 1.0
            for p, r, low, high in zip(place, ray, box[0:6:2], box[1:6:2], strict=True):
                first, second = (low - p) / r, (high - p) / r
                enter = np.maximum(enter, np.minimum(first, second))
                leave = np.minimum(leave, np.maximum(first, second))
            free &= enter >= leave
        reach += free
    return np.repeat(np.repeat(reach / len(sources), step, axis=0), step, axis=1)


def _add_openings(view: View, points: tuple, radiance: np.ndarray) -> None:
    """Put the window with its glare and the dark doorway into the picture, with their frames."""
    u, v, z = to_room(points)
    left, right = view.part == LEFT, view.part == RIGHT
    middle_u, middle_z = (WINDOW[0] + WINDOW[1]) / 2, (WINDOW[2] + WINDOW[3]) / 2
    frame = left & _inside(WINDOW, u, z, 0.07)
    radiance[frame] = (206.0, 203.0, 196.0)
    radiance[
        left & _inside((WINDOW[0] - 0.12, WINDOW[1] + 0.12, WINDOW[2] - 0.12, WINDOW[2] - 0.07), u, z)
    ] = (222.0, 219.0, 212.0)
    radiance[
        left & _inside((WINDOW[0] - 0.12, WINDOW[1] + 0.12, WINDOW[2] - 0.14, WINDOW[2] - 0.12), u, z)
    ] *= 0.7
    glass = (
        frame & _inside(WINDOW, u, z) & (np.abs(u - middle_u) > 0.025) & (np.abs(z - middle_z - 0.12) > 0.02)
    )
    radiance[glass] = SATURATED
    off = np.maximum(np.maximum(np.abs(u - middle_u) - 0.55, np.abs(z - middle_z) - 0.45), 0)
    glare = left & ~glass
    radiance[glare] += (36 * (1 - smoothstep(off[glare] / 0.5)))[:, None]
    frame = right & _inside(DOORWAY, v, z, 0.08)
    radiance[frame] = radiance[frame] * 0.2 + np.array([150.0, 142.0, 130.0])
    hall = right & _inside(DOORWAY, v, z)
    lit = 1 - smoothstep(z[hall] / 1.15)  # light of the room on the floor behind the doorway
    radiance[hall] = BLACK + lit[:, None] * np.array([156.0, 136.0, 116.0])


def _shadow_texels(points: tuple) -> np.ndarray:
    """Texel of the shadow map at which the lamp's ray through each point reaches the floor plane."""
    x, y, z = points
    stretch = LAMP[2] / np.maximum(LAMP[2] - z, 0.1)
    column = np.floor((LAMP[0] + (x - LAMP[0]) * stretch - MAP_ORIGIN[0]) * TEXELS_PER_METRE)
    row = np.floor((LAMP[1] + (y - LAMP[1]) * stretch - MAP_ORIGIN[1]) * TEXELS_PER_METRE)
    # The rim of the map is never drawn on, so what falls outside may read it.
    column = np.clip(column, 0, MAP_SHAPE[1] - 1).astype(np.int32)
    row = np.clip(row, 0, MAP_SHAPE[0] - 1).astype(np.int32)
    return row * MAP_SHAPE[1] + column
