"""Text of values in messages and views."""

from __future__ import annotations

from collections.abc import Iterable


def clean(text: str) -> str:
    """Return text of a file in one line that is safe on a terminal: characters that do not print are escaped."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def brief(raw: object) -> str:
    """Return a value for an error message, in at most 60 characters."""
    text = repr(raw)
    return text if len(text) <= 60 else f"{text[:57]}..."


def counted(number: int, noun: str) -> str:
    """Return `1 call` or `2 calls`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def bracketed(parts: Iterable[object]) -> str:
    """Return `[1, 2]`."""
    return f"[{', '.join(map(str, parts))}]"


def by(sides: Iterable[object]) -> str:
    """Return `8x7`."""
    return "x".join(map(str, sides))


def error_line(name: str, text: str) -> str:
    """Return the text of an exception in one line, without the backtrace that ttnn appends.

    Args:
        name: the exception's class.
        text: what it says.
    """
    return f"{name}: {' '.join(text.partition('backtrace:')[0].split())}"[:1000]
