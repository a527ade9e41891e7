"""How a method goes on learning its background once the training frames are over."""

from collections.abc import Mapping
from typing import Any

FROZEN = "frozen"  # learned once: nothing that stays is ever absorbed
PROTECTED = "protected"  # goes on learning, but not where it sees foreground
ADAPTIVE = "adaptive"  # goes on learning everywhere


def learning_of(settings: Mapping[str, Any]) -> str:
    """Tell how a method learns, from its row in the config."""
    return settings.get("learning", ADAPTIVE if "opencv" in settings else FROZEN)
