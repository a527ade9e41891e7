"""What happens in a rendered clip: who and what is where at each moment.

Time is counted as in `bgsub.demo.motion`, in frames of the reference clip.
"""

from dataclasses import dataclass
from typing import ClassVar

from bgsub.demo.chair import REACH
from bgsub.demo.motion import (
    ENTERS,
    FALLS,
    REFERENCE_FRAMES,
    STILL,
    WALK,
    Path,
    Pose,
    pose_at,
    walked_at,
    walking,
)
from bgsub.demo.settings import Story
from bgsub.labels import MOTION, STATIC, UNKNOWN

# One who gets up: begins to, stands, and how far they walk in a frame, metres.
RISES, STANDS, LEAVING_SPEED = 75.5, 87.0, 0.165
# One who passes by: when, how fast, and where: before the one who lies, close to the camera.
PASSES, PASSING_SPEED, PASSING = 70.0, 0.155, Path((-2.5, 2.25), (1.0, 0.0))
WAITS = 24.0  # until then somebody who is there first stands where the walk has brought them
# One who moves a chair: comes, after a model has learned from the first 40 %; walked to the chair, and with
# it; how fast; and how long they take to turn round.
COMES, TO_CHAIR, WITH_CHAIR, CARRYING_SPEED, TURNING = 46.0, 1.10, 1.75, 0.17, 5.0
CHAIR = TO_CHAIR + REACH  # where it stands at first, metres along the walk


@dataclass(frozen=True)
class Person:
    """Somebody in the picture; `other` has other clothes."""

    pose: Pose
    other: bool = False
    label: ClassVar[int] = MOTION


@dataclass(frozen=True)
class Chair:
    """The chair, whose middle is where the path starts, and its label.

    It belongs to the room (0) until it is moved, is foreground (255) while it moves, and unknown (170) where
    it is left: what was put down is foreground to some and background to others, so that nobody is judged by
    it. The floor that it bares is background from then on.
    """

    path: Path
    label: int


Cast = tuple[Person | Chair, ...]


@dataclass(frozen=True)
class Events:
    """Frames (0-based) in which things happen; None for what does not, or happened before the clip."""

    enters: int | None  # the first with a person
    falls: int | None  # the first in which the person sinks
    still: int | None  # the first in which they lie still
    rises: int | None = None  # the first in which they do no longer


def events(frames: int, story: Story = "falls") -> Events:
    """Return when things happen in a clip of that many frames; who falls does from 45 % of it on, to 55 %."""

    def first(time: float) -> int:
        return -(-frames * round(2 * time) // (2 * REFERENCE_FRAMES))

    if story == "empty":
        return Events(None, None, None)
    if story == "moves_chair":
        return Events(first(COMES), None, None)
    return Events(
        None if story == "there_first" else first(ENTERS),
        first(FALLS),
        first(STILL),
        first(RISES) if story == "gets_up" else None,
    )


def cast_at(time: float, story: Story) -> Cast:
    """Return who and what is in the room, from the far to the near."""
    match story:
        case "empty":
            return ()
        case "moves_chair":
            return _mover(time)
        case "there_first":
            return (Person(pose_at(max(time, WAITS))),)
    if time < ENTERS:
        return ()
    if story == "gets_up":
        return (Person(_getting_up(time)),)
    if story == "passer_by" and time >= PASSES:
        passing = walking(PASSING_SPEED * (time - PASSES), PASSING)
        return (Person(pose_at(time)), Person(passing, other=True))
    return (Person(pose_at(time)),)


def _getting_up(time: float) -> Pose:
    """Fall and lie still, get up as if time ran back, a little slower, and walk on."""
    if time < RISES:
        return pose_at(time)
    if time < STANDS:
        return pose_at(STILL - (STILL - FALLS) * (time - RISES) / (STANDS - RISES))
    return walking(walked_at(FALLS) + LEAVING_SPEED * (time - STANDS))


def _mover(time: float) -> Cast:
    """Come, push the chair, turn round and go."""
    walked = max(CARRYING_SPEED * (time - COMES), 0.0)
    moved = min(max(walked - TO_CHAIR, 0.0), WITH_CHAIR)
    label = STATIC if moved == 0 else MOTION if moved < WITH_CHAIR else UNKNOWN
    x, y, _ = WALK.place((CHAIR + moved, 0.0, 0.0))
    chair = Chair(Path((x, y), WALK.heading), label)
    if time < COMES:
        return (chair,)
    there = TO_CHAIR + WITH_CHAIR
    if walked < there:
        return (Person(walking(walked, pushing=moved > 0)), chair)
    stopped = COMES + there / CARRYING_SPEED
    turned = min((time - stopped) / TURNING, 1.0)
    after = max(time - stopped - TURNING, 0.0) * CARRYING_SPEED
    heading = _turned(WALK.heading, turned)
    x, y, _ = WALK.place((there, 0.0, 0.0))
    back = Path((x - there * heading[0], y - there * heading[1]), heading)
    return (Person(walking(there + after, back)), chair)


def _turned(heading: tuple[float, float], share: float) -> tuple[float, float]:
    """Turn a unit vector to the left, for a share of 1 by a half-turn; without a sine."""
    cos, sin = (1 - share * share) / (1 + share * share), 2 * share / (1 + share * share)
    cos, sin = cos * cos - sin * sin, 2 * cos * sin
    return (heading[0] * cos - heading[1] * sin, heading[0] * sin + heading[1] * cos)
