"""The empty room of a rendered clip: textured surfaces, furniture, a blinding window and a dark doorway."""

from dataclasses import dataclass

import numpy as np

from bgsub.demo.furniture import (
    ALONG_LEFT,
    ALONG_RIGHT,
    BOOKS,
    BOXES,
    BULB,
    CURTAIN,
    DOORWAY,
    FLOOR,
    LEFT,
    PALETTE,
    PICTURE,
    RIGHT,
    RUG,
    SHADE,
    SHADOWING,
    WINDOW,
    soft_furniture,
    to_room,
    to_stage,
    turn,
)
from bgsub.demo.solids import EYE, Solid, Vectors, View, dot, pool, project, smoothstep, value_noise

LAMP = (-0.5, 2.7, 2.9)  # on the stage, metres
OVERSAMPLING = 2
BAND_ROWS = 16  # of the picture, rendered together: few enough for the processor's cache
SATURATED, BLACK = 330.0, -60.0  # radiance beyond what noise, shadow and drift can bring back into 0..255

# Shadow map: where on the floor plane the lamp casts a shadow, in texels.
MAP_ORIGIN, MAP_SHAPE, TEXELS_PER_METRE = (-6.0, 0.5), (400, 480), 40
WARM = (1.0, 0.84, 0.58)  # colour of the table lamp's light


@dataclass(frozen=True)
class Room:
    """What the camera sees of the empty room: int32 (height, width, 3), and (height, width)."""

    radiance: np.ndarray
    """RGB in 1/64 of a level at unit exposure; beyond 0..255 levels where the sensor clips."""
    lit: np.ndarray
    """The part of it that a shadow can take a share of: nothing of the window, which shines itself."""
    shadow_texel: np.ndarray
    """Index into the flat shadow map of the texel that says whether the lamp reaches this pixel."""


def build_room(height: int, width: int, *, draught: float | None = None, lamp: bool = False) -> Room:
    """Render the empty room; the same on every machine, and whatever the clip's seed.

    `draught` is how far, metres, leaves and curtain are out of place; without it there is no curtain. `lamp`:
    the table lamp is on.
    """
    bands = [slice(top, top + BAND_ROWS) for top in range(0, height, BAND_ROWS)]
    rendered = (_build_band(height, width, rows, draught, lamp) for rows in bands)
    return Room(*(np.concatenate(parts) for parts in zip(*rendered, strict=True)))


def _build_band(
    height: int, width: int, rows: slice, draught: float | None, lamp: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fields of the `Room` in some rows of the picture."""
    n = OVERSAMPLING
    view = View.of_picture(height * n, width * n, slice(n * rows.start, n * rows.stop))
    _draw_walls(view)
    for box in BOXES:
        _draw_box(view, box)
    for solid in soft_furniture(draught or 0.0):
        view.draw(solid)
    points = view.points()
    albedo, light = _albedo(view, points), _light(view, points)
    radiance = albedo * light[..., None]
    if lamp:
        radiance += albedo * (table_lamp(points, tuple(view.normal))[..., None] * np.array(WARM))
        radiance[view.part == SHADE] += 120.0
    _add_openings(view, points, radiance)
    if draught is not None:
        _hang_curtain(view, points, radiance, light, draught)
    fine = np.rint(radiance * 64).astype(np.int32)
    radiance = pool(fine, n) // (n * n)
    lit = np.where(radiance < 300 * 64, np.clip(radiance, 0, 255 * 64), 0)
    return radiance, lit, _shadow_texels(tuple(p[::n, ::n] for p in points))


def _draw_walls(view: View) -> None:
    ray = view.directions()
    ru, rv = turn(ray[0], ray[1])
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
    ray = (*turn(ray[0], ray[1]), ray[2])
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


def _inside(rectangle: tuple, p: np.ndarray, q: np.ndarray, margin: float = 0.0) -> np.ndarray:
    left, right, low, high = rectangle
    return (p > left - margin) & (p < right + margin) & (q > low - margin) & (q < high + margin)


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
    tone = tone + 0.05 * (value_noise(place * 2.5, z * 2.5) - 0.5)
    tone = tone + 0.06 * (value_noise(place * 45, z * 45) - 0.5)
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


def table_lamp(points: Vectors, normal: Vectors) -> np.ndarray:
    """Light of the table lamp, where it is on; the lamp is small and casts no shadow."""
    to_bulb = tuple(c - p for c, p in zip(to_stage(*BULB), points, strict=True))
    distance2 = dot(to_bulb, to_bulb)
    return 0.95 * np.maximum(dot(to_bulb, normal) / np.sqrt(distance2), 0) / (1 + 0.55 * distance2)


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
    sill = (WINDOW[0] - 0.12, WINDOW[1] + 0.12)  # and its shadow
    radiance[left & _inside((*sill, WINDOW[2] - 0.12, WINDOW[2] - 0.07), u, z)] = (222.0, 219.0, 212.0)
    radiance[left & _inside((*sill, WINDOW[2] - 0.14, WINDOW[2] - 0.12), u, z)] *= 0.7
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


def _hang_curtain(view: View, points: tuple, radiance: np.ndarray, light: np.ndarray, draught: float) -> None:
    """Hang a curtain over a part of the window: it hangs from the top, so that its hem moves the most."""
    u, _, z = to_room(points)
    left, right, bottom, top = CURTAIN
    place = u - draught * smoothstep((top - z) / (top - bottom))
    on = (view.part == LEFT) & _inside((left, right, bottom, top), place, z)
    along = place[on] / 0.12
    fold = 2 * np.abs(2 * (along - np.floor(along)) - 1) - 1
    cloth = np.array([178.0, 126.0, 92.0]) * (0.80 + 0.22 * fold)[:, None]
    behind = _inside(WINDOW, u[on], z[on])  # daylight shines through
    radiance[on] = cloth * (light[on] * np.where(behind, 1.35, 1.0))[:, None]


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
