"""The kinds of boards that can run a vector, and how each is opened for it: the scheduler's key."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class BoardSetup:
    """The kinds of boards that can run a vector, each with its device config.

    Attributes:
        configs: the kinds by name, each with how it is opened.
    """

    configs: frozenset[tuple[str, DeviceConfig]] = frozenset()

    @classmethod
    def uniform(cls, config: DeviceConfig, kinds: Iterable[str]) -> BoardSetup:
        """Kinds by name, all opened with the same device config."""
        return cls(frozenset((kind, config) for kind in kinds))

    @property
    def kinds(self) -> frozenset[str]:
        """The names of the kinds that can run the vector."""
        return frozenset(kind for kind, _ in self.configs)

    def config_for(self, kind: str) -> DeviceConfig | None:
        """How a board of this kind is opened; None if it can't run the vector."""
        return next((config for name, config in self.configs if name == kind), None)


def fits(kind: Hashable, key: Hashable) -> bool:
    """Whether boards of a kind, by name, can be set up for a key; the scheduler's `Fits`."""
    return isinstance(key, BoardSetup) and kind in key.kinds


def same_setup(kind: Hashable, one: Hashable, other: Hashable) -> bool:
    """Whether a board of a kind is opened alike for two keys, so that it stays open; the scheduler's `SameSetup`."""
    if not (isinstance(one, BoardSetup) and isinstance(other, BoardSetup) and isinstance(kind, str)):
        return False
    config = one.config_for(kind)
    return config is not None and config == other.config_for(kind)
