"""One exception of a traced test, as a raw trace has it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RaisedError:
    """One exception.

    Attributes:
        classes: the names of its class and of that one's bases, without their modules, the class itself first.
        text: its text.
        errno: the number of a system error; None for other exceptions.
        status: the HTTP status of the response that it is about, where it has one.
        package: the package that could not be imported because it is not there; "" otherwise.
        line: where it was raised, or where a file has a syntax error: `models/decoder.py:33`.
        packages: the packages whose code raised it, or was called on the way there.
    """

    classes: tuple[str, ...]
    text: str
    errno: int | None = None
    status: int | None = None
    package: str = ""
    line: str = ""
    packages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its class."""
        return self.classes[0] if self.classes else ""

    def __str__(self) -> str:
        return f"{self.name}: {' '.join(self.text.split())}".rstrip(": ")

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict without what is empty; `from_json` reads it."""
        return {name: part for name, part in asdict(self).items() if part not in (None, "", ())}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> RaisedError:
        """Read what `as_json` wrote.

        Raises:
            KeyError, TypeError: it is none.
        """
        return cls(
            **{
                **raw,
                "classes": tuple(raw["classes"]),
                "text": raw.get("text", ""),
                "packages": tuple(raw.get("packages", ())),
            }
        )
