"""The loaders that sweep modules take traced configurations from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class LoaderProvider(str, Enum):
    """Whose code a loader is."""

    FARM = "farm"
    TT_METAL = "tt-metal"


@dataclass(frozen=True, slots=True)
class ModuleLoader:
    """A loader that a sweep module imported.

    Attributes:
        name: the Python module that it was imported from: tt-metal's, or `farm.sweeps`.
        provider: whose code it is. With a name of tt-metal's, farm's loader stands in for it.
        masters: the masters that it read, if it is farm's.
        ignores_master: whether it is tt-metal's and never reads the variable that `--master` sets.
        untraced: a line for each operation that the module requested and no master has.
    """

    name: str
    provider: LoaderProvider
    masters: tuple[str, ...] = ()
    ignores_master: bool = False
    untraced: tuple[str, ...] = ()

    @property
    def is_stand_in(self) -> bool:
        """Whether farm's loader stands in for tt-metal's."""
        return self.provider is LoaderProvider.FARM and not self.name.startswith("farm.")

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict; `from_json` reads it back."""
        return {
            "name": self.name,
            "provider": self.provider.value,
            "masters": list(self.masters),
            "ignores_master": self.ignores_master,
            "untraced": list(self.untraced),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ModuleLoader:
        """Read what `as_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is no loader.
        """
        return cls(
            str(raw["name"]),
            LoaderProvider(raw["provider"]),
            tuple(raw["masters"]),
            bool(raw["ignores_master"]),
            tuple(raw["untraced"]),
        )
