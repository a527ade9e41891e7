"""What a rendered clip is made from, as the config says it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

from bgsub.settings import MOST, Settings

Story = Literal["falls", "gets_up", "passer_by", "there_first", "moves_chair", "empty"]


@dataclass(frozen=True, kw_only=True)
class Synthetic(Settings):
    """A rendered clip."""

    frames: Annotated[int, Ge(20), Le(10**6)] = 110
    """Number of frames."""
    height: Annotated[int, Ge(48), Le(10**4)] = 480
    """Pixels."""
    width: Annotated[int, Ge(64), Le(10**4)] = 720
    """Pixels."""
    seed: Annotated[int, Ge(0), Le(MOST)] = 1
    """Of the sensor noise, the banding and the shaking."""
    story: Story = "falls"
    """What happens: somebody comes in, falls and lies still; falls and gets_up again and leaves; falls, and a
    passer_by hides them for a while; is there_first, before the clip begins, and falls; comes, moves_chair
    and leaves; or the room is empty."""
    drift: Annotated[float, Ge(0), Lt(1)] = 0.02
    """Share by which the exposure is below its mean at the beginning and above it at the end."""
    lamp: Annotated[float, Gt(0), Lt(1)] | None = None
    """When a table lamp is switched on, share of the clip; none: it stays off."""
    light: Annotated[float, Gt(0), Le(1)] = 1.0
    """Share of the light that there is."""
    noise: Annotated[float, Ge(0), Le(30)] = 3.0
    """Standard deviation of the sensor noise, 8-bit levels."""
    banding: Annotated[float, Ge(0), Le(30)] = 0.0
    """Standard deviation of what each row of each frame is off by, 8-bit levels."""
    shadow: Literal["soft", "hard"] = "soft"
    """The shadows of people: soft, or hard, which are darker and have sharp edges."""
    draught: Annotated[float, Ge(0), Le(0.5)] = 0.0
    """How far a draught moves a plant, and a curtain that hangs then, metres."""
    jitter: Annotated[float, Ge(0), Le(20)] = 0.0
    """How far the camera shakes at most, pixels to each side."""
    crf: Annotated[int, Ge(0), Le(51)] | None = None
    """Constant rate factor of the H.264 that the frames go through; none: they go through none."""
