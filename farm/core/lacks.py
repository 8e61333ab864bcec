"""What the boards of a backend lack, although the products have it: the backend's business, and no failure of a test.

A backend names its lacks in a table (`farm.board.backends.base.Backend.lacks`). A vector that needs one is not run. The
table travels to the worker as JSON, since only the worker sees an exception, and can refuse a call that would crash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

_LONGEST = 400


class LackingError(RuntimeError):
    """The vector called a function of ttnn that would crash on a board of this backend."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that the boards of a backend lack.

    Attributes:
        what: who lacks it, and what, as the beginning of a message: `a mock board has no device traces`.
        text: a regular expression for the words of ttnn, or of the simulator, that tell of it, matched without regard
            to case; "" if there are none, since ttnn crashes.
        functions: the functions of ttnn that must not be called, by their names in `ttnn`: they crash.
    """

    what: str
    text: str = ""
    functions: tuple[str, ...] = ()

    def evidence(self, message: str) -> str | None:
        """The line of a text that tells of this lack; None if none does."""
        if not self.text:
            return None
        lines = (line.strip() for line in message.splitlines())
        return next((line[:_LONGEST] for line in lines if re.search(self.text, line, re.IGNORECASE)), None)


def lack_in(message: str, lacks: Iterable[Lack]) -> str | None:
    """What a text says is lacking, in words; None if it tells of no lack.

    >>> lack_in("[9] ERROR: UnsupportedFunctionality: sfpconfig", [Lack("the simulator can't", "UnsupportedFunc")])
    "the simulator can't: [9] ERROR: UnsupportedFunctionality: sfpconfig"
    """
    for lack in lacks:
        evidence = lack.evidence(message)
        if evidence is not None:
            return f"{lack.what}: {evidence}"
    return None


def lacking_functions(lacks: Iterable[Lack]) -> Iterator[tuple[str, str]]:
    """Yield the functions that must not be called, each with what is lacking."""
    for lack in lacks:
        for function in lack.functions:
            yield function, lack.what


def encode_lacks(lacks: Sequence[Lack]) -> str:
    """Write a table as JSON."""
    return json.dumps([asdict(lack) for lack in lacks])


def decode_lacks(text: str) -> tuple[Lack, ...]:
    """Read what `encode_lacks` wrote."""
    return tuple(Lack(each["what"], each["text"], tuple(each["functions"])) for each in json.loads(text))
