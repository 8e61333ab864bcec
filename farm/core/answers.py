"""What a sweep module's `run()` returns, read as tt-metal's runner reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TypeGuard

from farm.core.object_text import repr_of, text_of

LONGEST_MESSAGE = 4000
"""Characters of a message that are kept."""

_FORMS = "(ok, message) or [(ok, message), nanoseconds]"


class NoAnswer(ValueError):  # noqa: N818 - it names what was returned
    """`run()` returned something that is not an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vector's `run()` answers.

    Attributes:
        good: whether the module accepts the vector's output.
        message: its message, such as a PCC.
        nanoseconds: the time of the call as the module measured it; None if it returned none.
    """

    good: bool
    message: str
    nanoseconds: float | None = None


def read_answer(returned: object) -> Answer:
    """Return what `run()` answered.

    Args:
        returned: `(ok, message)` or `[(ok, message), nanoseconds]`. A list is always the second, as in tt-metal.

    Raises:
        NoAnswer: it is neither.
    """
    timed = isinstance(returned, list) or (_is_pair(returned) and _is_pair(returned[0]))
    nanoseconds: float | None = None
    result = returned
    if timed and isinstance(returned, (list, tuple)):
        if len(returned) < 2 or not isinstance(returned[1], Real):
            raise _no_answer(returned)
        result, nanoseconds = returned[0], float(returned[1])
    if not _is_pair(result):
        raise _no_answer(returned)
    try:
        good = bool(result[0])
    except Exception as error:
        raise _no_answer(returned) from error
    return Answer(good, text_of(result[1])[:LONGEST_MESSAGE], nanoseconds)


def _is_pair(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, (tuple, list)) and len(value) == 2


def _no_answer(returned: object) -> NoAnswer:
    return NoAnswer(f"run() returned {repr_of(returned):.80}, not {_FORMS}")
