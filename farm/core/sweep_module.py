"""A sweep module, named and located, but not imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class SweepModule:
    """A sweep module, not imported.

    Attributes:
        name: dotted, as tt-metal has it: `eltwise.unary.relu.relu`.
        file: its source.
        paths: what goes in front of `sys.path` before it is imported.
        environment: variables that are set before.
        import_seconds: how long importing it may take, and its generators from one vector to the next.
        home: the checkout of tt-metal that it is in: where it is imported and run, as there. None outside of one.
    """

    name: str
    file: Path
    paths: tuple[Path, ...] = ()
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    import_seconds: float = 120.0
    home: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """A plain dict; `from_json` reads it back."""
        raw: dict[str, Any] = {
            "name": self.name,
            "file": str(self.file),
            "paths": [str(path) for path in self.paths],
            "environment": self.environment,
            "seconds": self.import_seconds,
        }
        return raw if self.home is None else {**raw, "home": str(self.home)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> SweepModule:
        """Read what `as_json` wrote.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is no module.
        """
        home = raw.get("home")
        return cls(
            str(raw["name"]),
            Path(raw["file"]),
            tuple(Path(path) for path in raw["paths"]),
            {str(name): str(value) for name, value in raw["environment"].items()},
            float(raw["seconds"]),
            None if home is None else Path(home),
        )
