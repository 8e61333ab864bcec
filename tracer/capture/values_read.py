"""What a tracer that keeps value statistics read, and what that took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracer.values.text import counted


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

    def take(self, other: ValuesRead) -> None:
        """Add what another process of the same run read."""
        self.computes = self.computes and other.computes
        self.tensors += other.tensors
        self.seconds += other.seconds
        self.unread += other.unread

    def lines(self) -> list[str]:
        """Return it in words, a line for each thing to say."""
        lines = [f"values: {counted(self.tensors, 'tensor')} read in {self.seconds:.1f} s"]
        if not self.computes:
            lines.append("values: the board computes no numbers, so only tensors on the host have statistics")
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
