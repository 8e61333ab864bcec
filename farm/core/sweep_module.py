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
        name: its dotted name in tt-metal: `eltwise.unary.relu.relu`.
        file: its source.
        paths: folders to put in front of `sys.path` before the import.
        environment: variables to set before the import.
        import_seconds: the time limit for importing it, and for its generators between two vectors.
        home: the tt-metal checkout that contains it, in which it is imported and run; None outside a checkout.
    """

    name: str
    file: Path
    paths: tuple[Path, ...] = ()
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    import_seconds: float = 120.0
    home: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict that `from_json` reads."""
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
            KeyError, TypeError, ValueError, AttributeError: it is not a module.
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
