"""What a traced call raised, and whether another call raised the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracer.values.text import error_line

_KIND = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?", re.DOTALL)
_PLACE = re.compile(r"@ \S+?:\d+:?")
_OBJECT = re.compile(r"0x[0-9a-fA-F]+|(?<![\w.])(?:/[\w.+@~-]+)+")
_WORD = re.compile(r"[A-Za-z_]{2,}")
_SIGNATURES = re.compile(r"Available signatures|The following argument types are supported")
_SAME_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class RaisedError:
    """An exception that a call raised.

    Attributes:
        kind: its class: `RuntimeError`.
        message: its text in one line, without the backtrace that ttnn appends.
    """

    kind: str
    message: str

    @classmethod
    def of(cls, error: BaseException) -> RaisedError:
        """Return what an exception says."""
        kind = type(error).__name__
        return cls(kind, error_line(kind, str(error)).partition(":")[2].strip())

    @classmethod
    def parse(cls, text: str) -> RaisedError:
        """Read the text that a master has; text that names no class of exceptions is a RuntimeError's."""
        match = _KIND.fullmatch(text)
        if match is None or not match[1].endswith(("Error", "Exception", "Interrupt", "Exit", "Iteration")):
            return cls("RuntimeError", text)
        return cls(match[1], match[2] or "")

    def __str__(self) -> str:
        """The text that a master has."""
        return f"{self.kind}: {self.message}" if self.message else self.kind

    def is_same_as(self, other: RaisedError) -> bool:
        """Return whether two calls failed in the same way: exceptions of one class, for the same cause.

        Addresses, paths, lines of source code and numbers don't count. Versions of ttnn word the same cause
        differently, so the messages are the same if at least half the words of the shorter one are in the other.
        """
        if self.kind != other.kind:
            return False
        words, others = self._words(), other._words()
        fewer = min(len(words), len(others))
        return words == others or (fewer > 0 and len(words & others) >= _SAME_SHARE * fewer)

    def _words(self) -> frozenset[str]:
        """The words of the message that name its cause."""
        text = _SIGNATURES.split(self.message)[0]  # what ttnn would have taken says nothing of what it got
        for pattern in (_PLACE, _OBJECT):
            text = pattern.sub(" ", text)
        # a failed check has its condition, then what is wrong: the words of the second, where there are any
        _, _, reason = text.partition(" info: ")
        return frozenset(word.lower() for word in _WORD.findall(reason or text))
