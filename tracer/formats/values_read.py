"""What a tracer that keeps value statistics read, and what that took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracer.values.text import counted

VALUES_OPTION = "--values"
"""What makes `tracer.script` keep value statistics."""


@dataclass
class ValuesRead:
    """The tensors whose numbers a tracer looked at.

    Attributes:
        computes: whether the board computes numbers; otherwise only tensors on the host were looked at.
        tensors: how many have statistics.
        seconds: how long the model waited for that.
        unread: how many can't be read, by reason.
    """

    computes: bool = True
    tensors: int = 0
    seconds: float = 0.0
    unread: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """Return it in words, a line for each thing to say."""
        lines = [f"values: {counted(self.tensors, 'tensor')} read, which took {self.seconds:.1f} s"]
        if not self.computes:
            lines.append("values: a board that computes no numbers gives statistics of tensors on the host alone")
        return lines + [
            f"values: {counted(times, 'tensor')} not read: {reason}" for reason, times in self.unread.most_common()
        ]

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict; `from_json` reads it back."""
        seconds = round(self.seconds, 3)
        return {"computes": self.computes, "tensors": self.tensors, "seconds": seconds, "unread": dict(self.unread)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ValuesRead:
        """Read what `as_json` wrote."""
        return cls(raw["computes"], raw["tensors"], raw["seconds"], Counter(raw["unread"]))


def together(parts: Iterable[ValuesRead | None]) -> ValuesRead | None:
    """Return what several processes read, where they kept statistics; None if none of them did."""
    reading = [each for each in parts if each is not None]
    if not reading:
        return None
    return ValuesRead(
        all(each.computes for each in reading),
        sum(each.tensors for each in reading),
        sum(each.seconds for each in reading),
        sum((each.unread for each in reading), Counter()),
    )
