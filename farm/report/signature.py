"""Signatures of failures: their message without what differs from one failure to the next."""

from __future__ import annotations

import re

from farm.core.verdicts import Reason
from farm.report.text import printable, shortened

_LONGEST = 20_000
"""Characters of a message that are normalised: a long one says at its beginning what happened."""

_BACKTRACE = re.compile(
    r"^[ \t]{0,8}(backtrace:|Traceback \(most recent call last\):|Stack trace:|---\s).*", re.M | re.S | re.I
)
_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"0x[0-9a-fA-F]+"), "<address>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I), "<id>"),
    (re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", re.I), "<id>"),
    # a path keeps its last part; a line number is replaced like other numbers
    (re.compile(r"(?<![\w.])(?:/[\w.+@~-]+)+/([\w.+-]+)"), r"\1"),
    (re.compile(r"(?<!\w)\d+(?:[x×]\d+)+"), "#…"),
    (re.compile(r"(?<!\w)[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"), "#"),
    (re.compile(r"#(?:\s*,\s*#)+"), "#…"),
)


def on_one_line(message: str, limit: int = 400) -> str:
    """Return `message` without its backtrace, as one printable line of at most `limit` characters."""
    return shortened(" ".join(_without_backtrace(message).split()), limit)


def signature(message: str, limit: int = 400) -> str:
    """Return `message` without numbers, shapes, addresses, ids, directories and backtraces.

    Args:
        message: of any origin and length.
        limit: the length of the result at most, in characters.

    Returns:
        one printable line; two failures with the same signature most likely have the same cause.
    """
    text = _without_backtrace(message)
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return shortened(" ".join(text.split()), limit)


def cause(reason: Reason, message: str) -> str:
    """Return what vectors of one cause have in common: the whole message where it names a need, else its signature."""
    return on_one_line(message, _LONGEST) if reason.names_a_need else signature(message)


def _without_backtrace(message: str) -> str:
    text = printable(message[:_LONGEST])
    return _BACKTRACE.sub("", text) or text
