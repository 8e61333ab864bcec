"""What a board must offer for a vector: what the scheduler takes for a work's key."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Setup:
    """What a board must offer for a vector: the scheduler's key.

    Attributes:
        config: how it is opened.
        kinds: the names of the kinds that can.
    """

    config: DeviceConfig
    kinds: frozenset[str]


def fits(kind: Hashable, key: Hashable) -> bool:
    """Whether boards of a kind, by name, can be set up so."""
    return isinstance(key, Setup) and kind in key.kinds
