"""What a board must offer for a vector: what the scheduler takes for a work's key."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class BoardSetup:
    """How boards are opened for a vector, each kind in its own way: the scheduler's key.

    Attributes:
        configs: the names of the kinds that can run it, each with how it is opened.
    """

    configs: frozenset[tuple[str, DeviceConfig]] = frozenset()

    @classmethod
    def uniform(cls, config: DeviceConfig, kinds: Iterable[str]) -> BoardSetup:
        """All these kinds, by name, opened in one way."""
        return cls(frozenset((kind, config) for kind in kinds))

    @property
    def kinds(self) -> frozenset[str]:
        """The names of the kinds that can run it."""
        return frozenset(kind for kind, _ in self.configs)

    def config_for(self, kind: str) -> DeviceConfig | None:
        """How a board of this kind is opened; None where it can't run it."""
        return next((config for name, config in self.configs if name == kind), None)


def fits(kind: Hashable, key: Hashable) -> bool:
    """Whether boards of a kind, by name, can be set up so."""
    return isinstance(key, BoardSetup) and kind in key.kinds


def same_setup(kind: Hashable, one: Hashable, other: Hashable) -> bool:
    """Whether a board of a kind, by name, that is set up for one key is set up for the other as well."""
    if not (isinstance(one, BoardSetup) and isinstance(other, BoardSetup) and isinstance(kind, str)):
        return False
    way = one.config_for(kind)
    return way is not None and way == other.config_for(kind)
