"""A person of a rendered clip: a body of round cones hung on the joints of a pose, dressed and shaded."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from bgsub.demo.motion import Pose
from bgsub.demo.room import LAMP, MAP_ORIGIN, MAP_SHAPE, TEXELS_PER_METRE, WARM, table_lamp
from bgsub.demo.solids import (
    Solid,
    Vector,
    Vectors,
    View,
    add,
    cross,
    dot,
    mix,
    pool,
    smoothstep,
    subtract,
    unit,
    value_noise,
)

OVERSAMPLING = 2
SKIN, HEAD, SLEEVE, VEST, TROUSERS, SHOE, COLLAR = range(7)
COLOURS = np.array(
    [
        (206, 152, 122),  # skin
        (206, 152, 122),  # head: skin and hair
        (252, 246, 232),  # sleeves of the shirt
        (84, 104, 138),  # vest, a blue as light as the floor
        (35, 35, 44),  # trousers
        (40, 28, 24),  # shoes
        (240, 234, 220),  # collar
    ],
    float,
)
OTHER_COLOURS = COLOURS.copy()  # of a second person
OTHER_COLOURS[[SLEEVE, VEST, TROUSERS, COLLAR]] = (
    (150, 148, 140),
    (142, 62, 58),
    (92, 84, 74),
    (206, 200, 190),
)
HAIR = (44, 32, 26)
LEFT_SHADE = 8  # added to the part number of the limbs of the left, far, side
_EDGE = 1 << 8  # fixed-point unit of cv2's polygons with shift=8


@dataclass(frozen=True)
class Sprite:
    """A person or a thing as the camera sees it, cut out of the picture."""

    rows: slice  # where it belongs
    columns: slice
    mask: np.ndarray
    """Bool (rows, columns): the pixels of which at least half of the sub-pixels hit the body."""
    colour: np.ndarray
    """Int32 (rows, columns, 3): RGB in 1/64 level at unit exposure, the mean of the sub-pixels that hit."""


def draw_person(
    pose: Pose, height: int, width: int, *, colours: np.ndarray = COLOURS, lamp: bool = False
) -> Sprite | None:
    """Draw a person for a picture of the given size; None if out of sight. `lamp`: the table lamp is on."""
    return draw(body_of(pose), height, width, lambda view, hit: _shade(view, hit, pose, colours, lamp))


def draw(
    body: list[Solid], height: int, width: int, shade: Callable[[View, np.ndarray], np.ndarray]
) -> Sprite | None:
    """Draw solids whose sub-pixels `shade` gives their colours, (hits, 3) in 1/64 level; None if not seen."""
    rows, columns = View.of_picture(height, width).window(body)
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return None
    n = OVERSAMPLING
    part = (slice(n * lines.start, n * lines.stop) for lines in (rows, columns))
    view = View.of_picture(height * n, width * n, *part)
    for solid in body:
        view.draw(solid)
    hit = view.part >= 0
    colour = np.zeros((*hit.shape, 3), np.int32)
    colour[hit] = shade(view, hit)
    hits = pool(hit.astype(np.int32), n)
    colour = pool(colour, n) // np.maximum(hits, 1)[..., None]
    mask = 2 * hits >= n * n
    return Sprite(rows, columns, mask, colour) if mask.any() else None


def body_of(pose: Pose) -> list[Solid]:
    """List the solids that make up the body, metres on the stage."""
    p = pose
    spine = unit(subtract(p.neck, p.pelvis))
    chest = mix(p.waist, p.neck, 0.58)
    seat = add(p.pelvis, p.hips_front, -0.015)
    right, left = add(seat, p.hips_across, -0.06), add(seat, p.hips_across, 0.06)
    solids = [
        Solid(right, left, 0.112, 0.112, TROUSERS, p.hips_front, 0.96),
        Solid(add(p.pelvis, spine, 0.085), p.waist, 0.152, 0.142, VEST, p.hips_front, 0.74),
        Solid(p.waist, chest, 0.140, 0.168, VEST, p.front, 0.66),
        Solid(add(chest, p.across, -0.08), add(chest, p.across, 0.08), 0.105, 0.105, VEST, p.front, 0.95),
        Solid(add(chest, spine, 0.07), add(p.neck, spine, -0.02), 0.15, 0.055, VEST, p.front, 0.66),
        Solid(add(p.neck, spine, -0.03), add(p.neck, p.crown, 0.015), 0.072, 0.058, COLLAR),
        Solid(p.neck, add(p.neck, p.crown, 0.09), 0.055, 0.05, SKIN),
    ]
    for sign in (-0.12, 0.12):  # shoulders slope down from the neck
        shoulder = add(add(p.neck, spine, -0.058), p.across, sign)
        solids.append(Solid(add(p.neck, spine, -0.035), shoulder, 0.06, 0.068, VEST, p.front, 0.9))
    solids += _head(p)
    for i, far in ((0, 0), (1, LEFT_SHADE)):
        solids += _leg(*p.legs[i], p.toes[i], far)
        solids += _arm(*p.arms[i], p.hands[i], p.front, far)
    return solids


def _head(p: Pose) -> list[Solid]:
    side = cross(p.crown, p.face)
    skull = add(add(p.head, p.crown, 0.02), p.face, -0.012)
    chin = add(add(p.head, p.crown, -0.075), p.face, 0.045)
    bridge = add(add(p.head, p.face, 0.085), p.crown, 0.01)  # of the nose
    tip = add(add(p.head, p.face, 0.105), p.crown, -0.025)
    solids = [
        Solid(skull, add(skull, p.face, 0.015), 0.102, 0.098, HEAD, side, 0.82),
        Solid(add(skull, p.face, 0.02), chin, 0.084, 0.042, HEAD, side, 0.86),
        Solid(bridge, tip, 0.010, 0.016, SKIN),
    ]
    for sign in (-1, 1):
        ear = add(add(p.head, side, sign * 0.083), p.face, -0.01)
        solids.append(Solid(add(ear, p.crown, 0.015), add(ear, p.crown, -0.02), 0.02, 0.015, SKIN, side, 0.5))
    return solids


def _leg(hip: Vector, knee: Vector, ankle: Vector, toes: Vector, far: int) -> list[Solid]:
    shin = unit(subtract(ankle, knee))
    calf = add(mix(knee, ankle, 0.35), _back_of(hip, knee, ankle), 0.012)
    sole = unit(cross(cross(toes, shin), toes))  # from the instep to the sole
    heel = add(add(ankle, toes, -0.035), sole, 0.045)
    ball = add(add(ankle, toes, 0.125), sole, 0.05)
    return [
        Solid(hip, knee, 0.094, 0.066, TROUSERS + far),
        Solid(knee, calf, 0.066, 0.064, TROUSERS + far),
        Solid(calf, add(ankle, shin, -0.02), 0.064, 0.054, TROUSERS + far),
        Solid(ankle, heel, 0.043, 0.04, SHOE + far),
        Solid(heel, ball, 0.042, 0.042, SHOE + far, sole, 0.85),
        Solid(ball, add(ball, toes, 0.05), 0.042, 0.032, SHOE + far, sole, 0.75),
    ]


def _back_of(root: Vector, middle: Vector, end: Vector) -> Vector:
    """Direction from the bent middle joint towards the straight line between root and end."""
    way = subtract(mix(root, end, 0.5), middle)
    return unit(way) if dot(way, way) > 1e-12 else (0.0, 0.0, 0.0)


def _arm(
    shoulder: Vector, elbow: Vector, wrist: Vector, hand: Vector, front: Vector, far: int
) -> list[Solid]:
    palm = unit(cross(hand, front))
    knuckles, tips = add(wrist, hand, 0.085), add(wrist, hand, 0.155)
    thumb = cross(palm, hand)
    return [
        Solid(shoulder, elbow, 0.056, 0.047, SLEEVE + far),
        Solid(elbow, add(wrist, hand, -0.015), 0.049, 0.038, SLEEVE + far),
        Solid(wrist, knuckles, 0.030, 0.042, SKIN + far, palm, 0.55),
        Solid(knuckles, tips, 0.040, 0.022, SKIN + far, palm, 0.5),
        Solid(add(wrist, hand, 0.03), add(add(wrist, hand, 0.085), thumb, 0.055), 0.016, 0.012, SKIN + far),
    ]


def _shade(view: View, hit: np.ndarray, pose: Pose, colours: np.ndarray, lamp: bool) -> np.ndarray:
    """Colour (hits, 3) of the sub-pixels that hit the body, 1/64 level."""
    part, along = view.part[hit].astype(np.int64), view.along[hit]
    normal, point = hits_of(view, hit)
    material = part % LEFT_SHADE
    colour = colours[material]
    _paint_head(colour, material == HEAD, point, pose)
    _paint_vest(colour, material == VEST, point, normal, pose)
    colour *= _pattern(material, part, along, normal, point, pose)[:, None]
    return lit_by(colour, point, normal, np.where(part >= LEFT_SHADE, 0.86, 1.0), lamp)


def hits_of(view: View, hit: np.ndarray) -> tuple[Vectors, Vectors]:
    """Return normals and places of the hits, by component."""
    nx, ny, nz = (n[hit] for n in view.normal)
    x, y, z = (p[hit] for p in view.points())
    return (nx, ny, nz), (x, y, z)


def lit_by(
    colour: np.ndarray, point: Vectors, normal: Vectors, share: np.ndarray | float, lamp: bool
) -> np.ndarray:
    """Colour (hits, 3) in the light of the room, of which a share is left; less of it near the floor."""
    to_lamp = tuple(c - p for c, p in zip(LAMP, point, strict=True))
    distance2 = dot(to_lamp, to_lamp)
    ceiling = np.maximum(dot(to_lamp, normal) / np.sqrt(distance2), 0) / (1 + 0.10 * distance2)
    light = 0.50 + 0.12 * normal[2] + 0.10 * normal[0] + 0.82 * ceiling
    light = (light * share * (0.75 + 0.25 * smoothstep(point[2] / 0.25 + 0.2)))[:, None]
    if lamp:
        light = light + table_lamp(point, normal)[:, None] * np.array(WARM)
    return np.rint(np.clip(colour * light, 4, 244) * 64).astype(np.int32)


def _paint_head(colour: np.ndarray, on: np.ndarray, point: tuple, pose: Pose) -> None:
    """Hair, eyes, brows and mouth, by the place on the head in metres."""
    forward, up, side = _measure(point, on, pose.head, (pose.face, pose.crown, cross(pose.crown, pose.face)))
    side = np.abs(side)
    front = forward > 0.05
    head = colour[on]
    head[front & (side > 0.022) & (side < 0.046) & (np.abs(up - 0.002) < 0.007)] = (96, 66, 54)
    head[front & (side > 0.016) & (side < 0.050) & (np.abs(up - 0.027) < 0.005)] = (140, 98, 78)
    head[front & (side < 0.026) & (np.abs(up + 0.062) < 0.006)] = (170, 106, 94)
    strands = value_noise(side * 130 + 9, forward * 60 + 9)
    hair = (up > 0.053 + 0.018 * strands) | (
        forward < -0.016 + 0.45 * np.maximum(up, -0.05) + 0.012 * strands
    )
    head[hair] = np.array(HAIR) * (0.75 + 0.6 * strands[hair])[:, None]
    colour[on] = head


def _paint_vest(colour: np.ndarray, on: np.ndarray, point: tuple, normal: tuple, pose: Pose) -> None:
    """Give the vest a V-neck over the shirt, a darker hem, and below it a belt and the trousers."""
    spine = unit(subtract(pose.neck, pose.pelvis))
    up, side = _measure(point, on, pose.pelvis, (spine, pose.across))
    vest = colour[on]
    vest[(np.abs(side) < (up - 0.36) * 0.5) & (dot(tuple(n[on] for n in normal), pose.front) > 0.2)] = (
        COLOURS[COLLAR]
    )
    vest[up < 0.085] *= 0.75
    vest[up < 0.045] = (60, 42, 30)
    vest[up < 0.018] = COLOURS[TROUSERS]
    colour[on] = vest


def _measure(point: tuple, on: np.ndarray | slice, origin: Vector, axes: tuple) -> tuple:
    """Coordinates of points along the given axes, from an origin on the body."""
    place = tuple(p[on] - c for p, c in zip(point, origin, strict=True))
    return tuple(dot(place, axis) for axis in axes)


def _pattern(
    material: np.ndarray, part: np.ndarray, along: np.ndarray, normal: tuple, point: tuple, pose: Pose
) -> np.ndarray:
    """Brightness pattern of skin and clothes: folds, knit and checks that move with the body."""
    turn = dot(normal, pose.across)
    folds = 0.86 + 0.28 * value_noise(along * 6 + part * 13, turn * 2.5 + part * 7)
    up, side = _measure(
        point, slice(None), pose.pelvis, (unit(subtract(pose.neck, pose.pelvis)), pose.across)
    )
    band = up * 11 - np.floor(up * 11)
    knit = np.where(band < 0.25, 1.2, 0.97) * (0.94 + 0.12 * value_noise(up * 90, side * 60))
    rows, columns = along * 13 - np.floor(along * 13), turn * 4 - np.floor(turn * 4)
    check = np.where(rows < 0.2, 0.9, 1.0) * np.where(columns < 0.2, 0.88, 1.0)
    pattern = np.where(material == VEST, knit, np.where(material == SLEEVE, check, 1.0))
    return np.where(material == HEAD, 1.0, pattern * folds)


_CIRCLE = [((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)) for t in (-1 + k / 6 for k in range(12))]
_CIRCLE += [(-x, -y) for x, y in _CIRCLE]  # 24 points by the rational parameter of the circle: no sine


def cast_shadow(body: list[Solid], *, hard: bool = False) -> np.ndarray:
    """Shadow of a body on the floor plane, as from the lamp: int32 map, 255 in full shadow."""
    shadow: np.ndarray = np.zeros(MAP_SHAPE, np.uint8)
    for solid in body:
        outline = [
            point for c, r in ((solid.a, solid.ra), (solid.b, solid.rb)) for point in _shadow_outline(c, r)
        ]
        hull = cv2.convexHull(np.array(outline, np.int32))
        cv2.fillConvexPoly(shadow, hull, 255, cv2.LINE_8, shift=8)
    if hard:
        shadow = shadow.astype(np.int32)
    else:
        for _ in range(3):  # nearly a Gaussian of 2.4 texels, in sums of integers
            shadow = cv2.boxFilter(shadow, cv2.CV_32S, (5, 5), normalize=False)
        shadow //= 5**6
    shadow[[0, -1]] = 0
    shadow[:, [0, -1]] = 0
    return shadow


def _shadow_outline(centre: Vector, radius: float) -> list[tuple[int, int]]:
    stretch = LAMP[2] / (LAMP[2] - centre[2])
    points = []
    for dx, dy in _CIRCLE:
        x = LAMP[0] + (centre[0] + radius * dx - LAMP[0]) * stretch
        y = LAMP[1] + (centre[1] + radius * dy - LAMP[1]) * stretch
        column, row = (x - MAP_ORIGIN[0]) * TEXELS_PER_METRE, (y - MAP_ORIGIN[1]) * TEXELS_PER_METRE
        points.append((round(column * _EDGE), round(row * _EDGE)))
    return points
