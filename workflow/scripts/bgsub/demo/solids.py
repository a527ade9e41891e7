"""The camera of the embedded clip, and the solids its room and its person are made of, cast ray by ray.

Every number comes from +, -, *, / and the square root of float64, which IEEE 754 rounds the same way on every
machine. There is no sine, no power, no matrix product (BLAS may fuse or reorder it) and no random normal.

The stage has the camera above its origin: x to the right, y away from the camera, z up, in metres.
"""

import functools
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

EYE = (0.0, 0.0, 2.5)
COS, SIN = 12 / 13, 5 / 13  # the camera looks down by 22.6 degrees
FOCAL = 560.0  # in pixels of the reference picture
REFERENCE_HEIGHT, REFERENCE_WIDTH = 480, 720

Vector = tuple[float, float, float]
Vectors = tuple[np.ndarray, np.ndarray, np.ndarray]  # many of them, by component


def dot(a: Sequence[Any] | np.ndarray, b: Sequence[Any] | np.ndarray) -> Any:
    """Inner product of two vectors whose components may be arrays."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def add(a: Vector, b: Vector, scale: float = 1.0) -> Vector:
    """Return `a + scale * b`."""
    return (a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2])


def subtract(a: Vector, b: Vector) -> Vector:
    """Return `a - b`."""
    return add(a, b, -1.0)


def cross(a: Vector, b: Vector) -> Vector:
    """Vector product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def unit(a: Vector) -> Vector:
    """Return `a` at length 1."""
    return add((0.0, 0.0, 0.0), a, 1 / math.sqrt(dot(a, a)))


def mix(a: Vector, b: Vector, share: float) -> Vector:
    """Interpolate linearly from `a` (share 0) to `b` (share 1), component by component."""
    x, y, z = (p + (q - p) * share for p, q in zip(a, b, strict=True))
    return x, y, z


def smoothstep(x: np.ndarray) -> np.ndarray:
    """Polynomial step 3 x^2 - 2 x^3, constant outside [0, 1]."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3 - 2 * x)


def pool(fine: np.ndarray, n: int) -> np.ndarray:
    """Sum over blocks of n x n pixels of an array (n * height, n * width, ...)."""
    return functools.reduce(operator.add, (fine[i::n, j::n] for i in range(n) for j in range(n)))


_LATTICE = (np.random.PCG64(20).random_raw(256 * 256) >> np.uint64(48)) / 65536  # row by row of 256


def value_noise(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Smooth noise in [0, 1) at arrays of places, with an independent value at each integer, period 256."""
    left, low = np.floor(x), np.floor(y)
    i, j = left.astype(np.int64), low.astype(np.int64)
    fx, fy = smoothstep(x - left), smoothstep(y - low)
    rows, columns = ((i & 255) << 8, (i + 1 & 255) << 8), (j & 255, j + 1 & 255)
    bottom, top = (
        near + (far - near) * fx
        for near, far in ((_LATTICE.take(row | column) for row in rows) for column in columns)
    )
    return bottom + (top - bottom) * fy


@dataclass(frozen=True)
class Solid:
    """A cone with round ends: the hull of a ball at `a` and a ball at `b`, optionally flattened."""

    a: Vector  # centres, metres
    b: Vector
    ra: float  # radii, metres
    rb: float
    part: int = 0  # what the G-buffer notes for the pixels where it is in front
    normal: Vector = (0.0, 0.0, 1.0)  # the unit vector along which the solid is squeezed
    flatness: float = 1.0  # to this share of its thickness


@dataclass
class View:
    """Rays of a picture or of a part of it, and what they have hit so far: the G-buffer.

    The ray through column j and row i is `forward + x[j] * right + y[i] * down`: its length counts depth.
    """

    x: np.ndarray  # (width,)
    y: np.ndarray  # (height,)

    def __post_init__(self) -> None:
        """Begin with nothing hit."""
        shape = (len(self.y), len(self.x))
        self.depth = np.full(shape, np.inf)  # of the nearest hit
        self.part = np.full(shape, -1, np.int16)  # its `Solid.part`, -1 where there is none
        self.along = np.zeros(shape)  # its place on the solid's axis, 0 at `a` and 1 at `b`
        self.normal: np.ndarray = np.zeros((3, *shape))  # outward unit normal

    @classmethod
    def of_picture(
        cls, height: int, width: int, rows: slice = slice(None), columns: slice = slice(None)
    ) -> "View":
        """Rays of a picture or of a part of it; the picture always shows what the reference picture shows."""
        x = (np.arange(width) + 0.5) * (REFERENCE_WIDTH / width) - REFERENCE_WIDTH / 2
        y = (np.arange(height) + 0.5) * (REFERENCE_HEIGHT / height) - REFERENCE_HEIGHT / 2
        return cls(x[columns] / FOCAL, y[rows] / FOCAL)

    def directions(self, rows: slice = slice(None), columns: slice = slice(None)) -> Vectors:
        """Ray directions on the stage: x of shape (1, width), y and z of shape (height, 1)."""
        down = self.y[rows, None]
        return self.x[None, columns], COS - SIN * down, -SIN - COS * down

    def points(self) -> Vectors:
        """Stage coordinates of the hits, three arrays (height, width)."""
        x, y, z = (e + self.depth * d for e, d in zip(EYE, self.directions(), strict=True))
        return x, y, z

    def window(self, solids: list[Solid], margin: float = 1.0) -> tuple[slice, slice]:
        """Rows and columns that hold the given solids, all before the camera, with a margin in grid steps."""
        boxes = [_extent(centre, radius) for s in solids for centre, radius in ((s.a, s.ra), (s.b, s.rb))]
        x0, x1 = min(b[0] for b in boxes), max(b[1] for b in boxes)
        y0, y1 = min(b[2] for b in boxes), max(b[3] for b in boxes)
        return _between(self.y, y0, y1, margin), _between(self.x, x0, x1, margin)

    def draw(self, solid: Solid) -> None:
        """Put one solid into the G-buffer, where it is nearer than what is there."""
        rows, columns = self.window([solid])
        if rows.stop <= rows.start or columns.stop <= columns.start:
            return
        rays = self.directions(rows, columns)
        depth, along = _cast(rays, solid)
        nearer = depth < self.depth[rows, columns]
        np.copyto(self.depth[rows, columns], depth, where=nearer)
        np.copyto(self.along[rows, columns], along, where=nearer)
        np.copyto(self.part[rows, columns], np.int16(solid.part), where=nearer)
        x, y, z = (np.broadcast_to(ray, nearer.shape)[nearer] for ray in rays)
        for axis, normal in enumerate(_normals((x, y, z), solid, depth[nearer], along[nearer])):
            self.normal[axis, rows, columns][nearer] = normal


def project(point: Vector) -> tuple[float, float, float]:
    """Place in the picture (x, y from its centre, in focal lengths) and depth of a point of the stage."""
    q = subtract(point, EYE)
    depth = COS * q[1] - SIN * q[2]
    return q[0] / depth, (-SIN * q[1] - COS * q[2]) / depth, depth


def _extent(centre: Vector, radius: float) -> tuple[float, float, float, float]:
    x, y, depth = project(centre)
    reach = 1.3 * radius / max(depth - radius, 0.1)  # a ball off the axis looks a little longer than it is
    return x - reach, x + reach, y - reach, y + reach


def _between(grid: np.ndarray, low: float, high: float, margin: float) -> slice:
    step = (grid[-1] - grid[0]) / max(len(grid) - 1, 1)
    start = math.floor((low - grid[0]) / step - margin)
    stop = math.ceil((high - grid[0]) / step + margin) + 1
    return slice(min(max(start, 0), len(grid)), min(max(stop, 0), len(grid)))


def _squeeze(vector: Sequence[Any], solid: Solid) -> tuple[Any, Any, Any]:
    """Map into the space in which the flattened solid is round again; the map is symmetric."""
    if solid.flatness == 1.0:
        x, y, z = vector
        return x, y, z
    extra = (1 / solid.flatness - 1) * dot(vector, solid.normal)
    x, y, z = (v + extra * n for v, n in zip(vector, solid.normal, strict=True))
    return x, y, z


def _cast(rays: Vectors, solid: Solid) -> tuple[np.ndarray, np.ndarray]:
    """Depth (infinite for a miss) and place on the axis where rays from the eye first hit a solid.

    The quadratic is that of I. Quilez's round cone (iquilezles.org, "intersectors"), for rays of any length.
    """
    ray, a, b, eye = (_squeeze(vector, solid) for vector in (rays, solid.a, solid.b, EYE))
    axis, from_a, from_b = subtract(b, a), subtract(eye, a), subtract(eye, b)
    taper = solid.ra - solid.rb
    axis_axis, axis_a = dot(axis, axis), dot(axis, from_a)
    flank = axis_axis - taper * taper

    ray_ray, ray_axis = dot(ray, ray), dot(ray, axis)
    ray_a, ray_b = dot(ray, from_a), dot(ray, from_b)
    depth = np.full(ray_ray.shape, np.inf)
    y = np.zeros(ray_ray.shape)
    if flank > 0:  # else one ball swallows the other and there is no cone between them
        k2 = flank * ray_ray - ray_axis * ray_axis
        k1 = flank * ray_a - axis_a * ray_axis + solid.ra * taper * ray_axis
        k0 = flank * dot(from_a, from_a) - axis_a * axis_a
        k0 += solid.ra * (2 * taper * axis_a - solid.ra * axis_axis)
        h = k1 * k1 - k2 * k0
        k2 = np.where(k2 == 0, 1e-12, k2)
        t = (-np.sqrt(np.maximum(h, 0)) - k1) / k2
        place = axis_a - solid.ra * taper + t * ray_axis
        hit = (h >= 0) & (place > 0) & (place < flank) & (t > 0)
        np.copyto(depth, t, where=hit)
        np.copyto(y, place, where=hit)
        y /= flank
    for end, ray_end, from_end, radius in ((0.0, ray_a, from_a, solid.ra), (1.0, ray_b, from_b, solid.rb)):
        h = ray_end * ray_end - ray_ray * (dot(from_end, from_end) - radius * radius)
        t = (-ray_end - np.sqrt(np.maximum(h, 0))) / ray_ray
        hit = (h >= 0) & (t > 0) & (t < depth)
        np.copyto(depth, t, where=hit)
        np.copyto(y, end, where=hit)
    return depth, y


def _normals(rays: Vectors, solid: Solid, depth: np.ndarray, along: np.ndarray) -> list[np.ndarray]:
    """Outward unit normals, by component, where rays hit a solid."""
    ray, a, b, eye = (_squeeze(vector, solid) for vector in (rays, solid.a, solid.b, EYE))
    # The gradient of a round cone: away from the centre of the ball that touches the surface here.
    parts = zip(subtract(eye, a), ray, subtract(b, a), strict=True)
    normal = _squeeze([start + depth * r - along * v for start, r, v in parts], solid)
    length = np.sqrt(dot(normal, normal))
    length[length == 0] = 1
    return [component / length for component in normal]
