"""What failures have in common: their message, without what differs from one to the next."""

from __future__ import annotations

import re

from farm.report.text import printable, shortened

# A long message says what happened at its beginning; normalising all of a megabyte would cost more than it tells.
_LOOKED_AT = 20_000

_BACKTRACE = re.compile(
    r"^[ \t]{0,8}(backtrace:|Traceback \(most recent call last\):|Stack trace:|---\s).*", re.M | re.S | re.I
)
_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"0x[0-9a-fA-F]+"), "<address>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I), "<id>"),
    (re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", re.I), "<id>"),
    # a path keeps its last part; the line number goes with the other numbers
    (re.compile(r"(?<![\w.])(?:/[\w.+@~-]+)+/([\w.+-]+)"), r"\1"),
    (re.compile(r"(?<!\w)\d+(?:[x×]\d+)+"), "#…"),
    (re.compile(r"(?<!\w)[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"), "#"),
    (re.compile(r"#(?:\s*,\s*#)+"), "#…"),
)


def on_one_line(message: str, limit: int = 400) -> str:
    """`message` without its backtrace, as one printable line of at most `limit` characters."""
    return shortened(" ".join(_without_backtrace(message).split()), limit)


def signature(message: str, limit: int = 400) -> str:
    """What `message` says once numbers, shapes, addresses, ids, directories and backtraces are taken out.

    Args:
        message: of any origin and length.
        limit: the most characters of it.

    Returns:
        one printable line; two failures with the same one have most likely the same cause.
    """
    text = _without_backtrace(message)
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return shortened(" ".join(text.split()), limit)


def _without_backtrace(message: str) -> str:
    text = printable(message[:_LOOKED_AT])
    return _BACKTRACE.sub("", text) or text
