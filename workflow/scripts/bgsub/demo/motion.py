"""How a person of a rendered clip moves: walks in, stumbles, falls forward and lies still.

Time is counted in frames of the reference clip of 110; places in metres along the walk (forward, left, up).
Feet stand still on their footprints while they carry weight; knees and elbows follow from two-bone geometry.
"""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from bgsub.demo.solids import Vector, add, cross, dot, mix, subtract, unit

REFERENCE_FRAMES = 110
ENTERS, FALLS, STILL = 11.0, 49.5, 60.5
SPEED = 0.081  # metres per frame, mean
SLOWING = 0.45  # of that, quicker at the beginning and slower at the end
STEP = 6.4  # frames from one footfall to the next
THIGH, SHIN, UPPER_ARM, FOREARM = 0.44, 0.43, 0.30, 0.26
HIP, SHOULDER, ANKLE = 0.09, 0.17, 0.085  # half widths; height of the ankle over the floor
RIGHT, LEFT = -1, 1


@dataclass(frozen=True)
class Path:
    """A straight way over the stage: where it starts, metres, and a unit vector along it."""

    start: tuple[float, float]
    heading: tuple[float, float]

    def place(self, of: Vector) -> Vector:
        """Place on the stage of what is given as (forward, left, up)."""
        x = self.start[0] + of[0] * self.heading[0] - of[1] * self.heading[1]
        y = self.start[1] + of[0] * self.heading[1] + of[1] * self.heading[0]
        return (x, y, of[2])

    def direction(self, of: Vector) -> Vector:
        """Direction on the stage likewise, at length 1."""
        return unit(subtract(self.place(of), self.place((0.0, 0.0, 0.0))))


WALK = Path((-3.03, 4.17), (40 / 41, -9 / 41))


@dataclass(frozen=True)
class Controls:
    """What a pose is made from, in the coordinates of the walk; every entry can be interpolated."""

    pelvis: Vector  # middle of the hips
    neck: Vector  # base of the neck
    head: Vector  # middle of the head
    across: Vector  # from the right shoulder to the left one
    hips_across: Vector  # from the right hip to the left one
    face: Vector  # where the head looks
    ankles: tuple[Vector, Vector]  # places, right then left, as all below
    toes: tuple[Vector, Vector]  # directions
    knees: tuple[Vector, Vector]  # directions to which they point
    wrists: tuple[Vector, Vector]  # places
    elbows: tuple[Vector, Vector]  # directions to which they point

    def numbers(self) -> np.ndarray:
        """All coordinates, (16, 3)."""
        pairs = (self.ankles, self.toes, self.knees, self.wrists, self.elbows)
        single = (self.pelvis, self.neck, self.head, self.across, self.hips_across, self.face)
        return np.array([*single, *itertools.chain.from_iterable(pairs)])

    @classmethod
    def from_numbers(cls, numbers: np.ndarray) -> "Controls":
        """Inverse of `numbers`."""
        vectors = [(x, y, z) for x, y, z in numbers.tolist()]
        pelvis, neck, head, across, hips_across, face = vectors[:6]
        ankles, toes, knees, wrists, elbows = zip(vectors[6::2], vectors[7::2], strict=True)
        return cls(pelvis, neck, head, across, hips_across, face, ankles, toes, knees, wrists, elbows)


Limb = tuple[Vector, Vector, Vector]


@dataclass(frozen=True)
class Pose:
    """Joints of the person on the stage, metres; limbs as (root, middle joint, end), right then left.

    `front`, `hips_front` and `face` are unit vectors out of chest, belly and face; `across` and `hips_across`
    run from right to left, `crown` up through the head.
    """

    pelvis: Vector
    waist: Vector
    neck: Vector
    head: Vector
    across: Vector
    hips_across: Vector
    front: Vector
    hips_front: Vector
    face: Vector
    crown: Vector
    legs: tuple[Limb, Limb]
    toes: tuple[Vector, Vector]
    arms: tuple[Limb, Limb]
    hands: tuple[Vector, Vector]


def pose_at(time: float) -> Pose:
    """Pose of the person at a moment of the reference clip; from `STILL` on it is constant."""
    time = min(time, STILL)
    return _articulate(_walk(time) if time <= FALLS else _fall(time), WALK)


def walking(walked: float, path: Path = WALK, *, pushing: bool = False) -> Pose:
    """Pose of somebody who has walked so far, metres, on a path; `pushing` holds the hands out in front."""
    controls = _stride(ENTERS + walked / SPEED)
    if pushing:
        right, left = (add(controls.neck, (0.40, side * 0.17, -0.43)) for side in (RIGHT, LEFT))
        controls = replace(controls, wrists=(right, left))
    return _articulate(controls, path)


def walked_at(time: float) -> float:
    """How far the person has walked at a moment of the reference clip up to the fall, metres."""
    return SPEED * (_steady(time) - ENTERS)


def _steady(time: float) -> float:
    """When somebody at a constant pace would be as far as the person, who is slower in the end."""
    elapsed = (time - ENTERS) / (FALLS - ENTERS)
    return time + SLOWING * (FALLS - ENTERS) * elapsed * (1 - elapsed)


def _walk(time: float) -> Controls:
    return _stride(_steady(time))


def _stride(time: float) -> Controls:
    """Gait: each foot stands for 1.2 steps and swings for 0.8; arms swing against the legs."""
    phase = time / STEP
    forward = SPEED * (time - ENTERS)
    stride = SPEED * STEP  # the pelvis advances this much per step
    feet, toes = [], []
    swings = []
    for side, offset in ((RIGHT, 0.0), (LEFT, 1.0)):
        own = (phase - offset) / 2
        cycle = math.floor(own)
        u = own - cycle  # 0 at this foot's footfall, 0.5 at the other's
        landing = SPEED * ((2 * cycle + offset) * STEP - ENTERS) + 0.5 * stride
        swing = min(max((u - 0.58) / 0.42, 0.0), 1.0)
        moved = swing * swing * (3 - 2 * swing)
        lift = 4 * swing * (1 - swing)
        # The heel leaves the floor before the foot does, and lands first.
        roll = (
            _bump(u, 0.40, 0.60, 0.86) * 0.85
            - _bump(u, 0.86, 0.98, 1.0) * 0.25
            - _bump(u, -0.01, 0.0, 0.10) * 0.25
        )
        feet.append((landing + 2 * stride * moved, side * 0.075, ANKLE + 0.05 * lift + 0.10 * max(roll, 0.0)))
        toes.append((1.0, side * 0.10, -roll))
        swings.append(wave(u))
    sway = swings[1] * 0.6
    bob = 4 * (phase - math.floor(phase)) * (1 - (phase - math.floor(phase)))
    pelvis = (forward, 0.02 * (swings[0] - swings[1]) * 0.5, 0.920 + 0.028 * bob)
    neck = add(pelvis, (0.035, 0.0, 0.52))
    head = add(neck, (0.035, 0.0, 0.165))
    wrists, elbows = [], []
    for side, swing in ((RIGHT, swings[1]), (LEFT, swings[0])):
        wrists.append(
            add(neck, (0.02 + 0.19 * swing, side * 0.235, -0.585 + 0.06 * swing * swing + 0.025 * swing))
        )
        elbows.append((-1.0, side * 0.35, 0.0))
    return Controls(
        pelvis,
        neck,
        head,
        (-0.12 * sway, 1.0, 0.0),
        (0.10 * sway, 1.0, 0.02 * sway),
        (1.0, -0.22, -0.10),
        (feet[0], feet[1]),
        (toes[0], toes[1]),
        ((1.0, -0.08, 0.0), (1.0, 0.08, 0.0)),
        (wrists[0], wrists[1]),
        (elbows[0], elbows[1]),
    )


def _bump(x: float, start: float, top: float, end: float) -> float:
    """Smooth hill of height 1 between `start` and `end`."""
    if not start < x < end:
        return 0.0
    s = (x - start) / (top - start) if x < top else (end - x) / (end - top)
    return s * s * (3 - 2 * s)


def wave(u: float) -> float:
    """Smooth wave of period 1: 1 at 0, -1 at 1/2, as a cosine but by polynomials."""
    d = abs(2 * (u - math.floor(u)) - 1)  # 1 at 0, 0 at 1/2
    return 2 * d * d * (3 - 2 * d) - 1


# The fall, relative to where the pelvis is over the floor when it begins: (time, controls).
_FALL = (
    (
        52.0,  # the swinging foot has caught; the trunk goes on
        Controls(
            (0.22, -0.01, 0.85), (0.42, -0.03, 1.31), (0.53, -0.04, 1.43),
            (0.10, 1.0, 0.06), (0.05, 1.0, 0.0), (0.85, -0.25, -0.5),
            ((0.04, -0.10, 0.10), (-0.12, 0.09, 0.16)), ((1.0, -0.15, -0.2), (0.8, 0.1, -0.7)),
            ((1.0, -0.2, 0.0), (1.0, 0.2, 0.0)),
            ((0.72, -0.30, 1.10), (0.62, 0.34, 1.12)), ((-0.5, -0.8, -0.5), (-0.5, 0.8, -0.5)),
        ),
    ),
    (
        54.5,  # knees give way, arms reach out
        Controls(
            (0.42, -0.02, 0.62), (0.77, -0.06, 0.97), (0.90, -0.08, 1.06),
            (0.12, 1.0, 0.12), (0.05, 1.0, 0.0), (0.85, -0.30, -0.45),
            ((0.04, -0.12, 0.12), (-0.14, 0.10, 0.13)), ((0.9, -0.15, -0.5), (0.8, 0.1, -0.7)),
            ((1.0, -0.3, -0.2), (1.0, 0.25, -0.2)),
            ((1.22, -0.30, 0.72), (1.16, 0.26, 0.78)), ((-0.3, -0.9, -0.4), (-0.3, 0.9, -0.3)),
        ),
    ),
    (
        56.8,  # knees and hands meet the floor
        Controls(
            (0.58, -0.04, 0.37), (1.05, -0.10, 0.52), (1.19, -0.13, 0.60),
            (0.08, 1.0, 0.12), (0.0, 1.0, 0.0), (0.8, -0.45, -0.35),
            ((0.02, -0.16, 0.11), (-0.16, 0.10, 0.10)), ((0.2, -0.15, -0.9), (0.1, 0.1, -0.95)),
            ((1.0, -0.4, -0.6), (1.0, 0.2, -0.6)),
            ((1.40, -0.42, 0.16), (1.50, 0.20, 0.22)), ((-0.2, -0.9, 0.3), (-0.2, 0.9, 0.4)),
        ),
    ),
    (
        58.7,  # the chest lands, the head nods after it
        Controls(
            (0.66, -0.06, 0.20), (1.18, -0.13, 0.20), (1.33, -0.17, 0.20),
            (0.02, 1.0, 0.03), (0.0, 1.0, 0.02), (0.45, -0.80, -0.40),
            ((-0.02, -0.26, 0.13), (-0.17, 0.10, 0.16)), ((-0.5, -0.4, -0.6), (-0.8, 0.1, -0.4)),
            ((0.7, -0.9, -0.4), (1.0, 0.2, -0.6)),
            ((1.42, -0.52, 0.06), (1.70, 0.13, 0.09)), ((0.0, -1.0, 0.3), (0.0, 1.0, 0.2)),
        ),
    ),
    (
        STILL,  # lies on the belly, the face turned to the camera
        Controls(
            (0.68, -0.06, 0.135), (1.20, -0.13, 0.135), (1.355, -0.20, 0.115),
            (0.0, 1.0, 0.0), (0.0, 1.0, 0.05), (0.25, -0.95, -0.12),
            ((0.02, -0.34, 0.075), (-0.17, 0.13, 0.075)), ((-0.55, -0.75, -0.25), (-0.95, 0.25, -0.25)),
            ((0.5, -1.0, 0.0), (0.2, 0.9, -0.2)),
            ((1.40, -0.56, 0.045), (1.72, 0.10, 0.045)), ((0.0, -1.0, 0.1), (0.1, 1.0, 0.0)),
        ),
    ),
)  # fmt: skip


def _fall(time: float) -> Controls:
    """Cubic Hermite curve through the keyframes; it leaves the walk at the walk's speed and ends at rest."""
    origin = (SPEED * (FALLS - ENTERS), 0.0, 0.0)
    times = [FALLS] + [t for t, _ in _FALL]
    before, at = _walk(FALLS - 0.5).numbers(), _walk(FALLS).numbers()
    values = [at] + [_shifted(c, origin).numbers() for _, c in _FALL]
    inner = range(1, len(times) - 1)
    slopes = [(at - before) / 0.5]
    slopes += [(values[k + 1] - values[k - 1]) / (times[k + 1] - times[k - 1]) for k in inner]
    slopes.append(np.zeros_like(at))
    k = max(i for i in range(len(times) - 1) if times[i] <= time)
    span = times[k + 1] - times[k]
    s = (time - times[k]) / span
    h00, h10 = (1 + 2 * s) * (1 - s) * (1 - s), s * (1 - s) * (1 - s)
    h01, h11 = s * s * (3 - 2 * s), s * s * (s - 1)
    numbers = h00 * values[k] + h10 * span * slopes[k] + h01 * values[k + 1] + h11 * span * slopes[k + 1]
    return Controls.from_numbers(numbers)


def _shifted(c: Controls, origin: Vector) -> Controls:
    pelvis, neck, head = (add(v, origin) for v in (c.pelvis, c.neck, c.head))
    ankles, wrists = ((add(right, origin), add(left, origin)) for right, left in (c.ankles, c.wrists))
    return replace(c, pelvis=pelvis, neck=neck, head=head, ankles=ankles, wrists=wrists)


def _articulate(c: Controls, path: Path) -> Pose:
    """Build the joints: bones keep their lengths, whatever the controls say."""
    pelvis = path.place(c.pelvis)
    spine = unit(subtract(path.place(c.neck), pelvis))
    neck = add(pelvis, spine, 0.52)
    across, hips_across = (_square(path.direction(v), spine) for v in (c.across, c.hips_across))
    front, hips_front = cross(across, spine), cross(hips_across, spine)
    waist = add(mix(pelvis, neck, 0.42), front, -0.015)
    crown = unit(subtract(path.place(c.head), neck))
    face = _square(path.direction(c.face), crown)
    shoulders = add(neck, spine, -0.062)
    legs, toes, arms, hands = [], [], [], []
    for i, side in enumerate((RIGHT, LEFT)):
        hip = add(pelvis, hips_across, side * HIP)
        leg = _bend(hip, path.place(c.ankles[i]), THIGH, SHIN, path.direction(c.knees[i]))
        legs.append((hip, *leg))
        toes.append(path.direction(c.toes[i]))
        shoulder = add(shoulders, across, side * SHOULDER)
        arm = _bend(shoulder, path.place(c.wrists[i]), UPPER_ARM, FOREARM, path.direction(c.elbows[i]))
        arms.append((shoulder, *arm))
        hands.append(unit(subtract(arm[1], arm[0])))
    head = add(neck, crown, 0.165)
    return Pose(
        pelvis, waist, neck, head, across, hips_across, front, hips_front, face, crown,
        (legs[0], legs[1]), (toes[0], toes[1]), (arms[0], arms[1]), (hands[0], hands[1]),
    )  # fmt: skip


def _square(vector: Vector, axis: Vector) -> Vector:
    """Part of `vector` at right angles to the unit vector `axis`, at length 1."""
    return unit(add(vector, axis, -dot(vector, axis)))


def _bend(
    root: Vector, target: Vector, first: float, second: float, towards: Vector
) -> tuple[Vector, Vector]:
    """Middle joint and end of two bones from `root` to `target` (or as far as they reach), bent `towards`."""
    way = subtract(target, root)
    direction = unit(way)
    reach = min(math.sqrt(dot(way, way)), 0.998 * (first + second))
    reach = max(reach, 1.02 * abs(first - second))
    along = (first * first - second * second + reach * reach) / (2 * reach)
    aside = math.sqrt(first * first - along * along)
    middle = add(add(root, direction, along), _square(towards, direction), aside)
    return middle, add(root, direction, reach)
