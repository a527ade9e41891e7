"""What every section of the config is made as: a frozen dataclass whose fields are its keys.

A field's annotation has its limits, the text below it says what it means. bgsub.config checks a config by
these classes with pydantic, which no job has to load for them.
"""

from dataclasses import dataclass
from typing import ClassVar

MOST = 2**31 - 1  # the largest whole number that OpenCV takes


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A section of the config, with no other keys than its fields."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
