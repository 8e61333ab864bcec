"""Column types that accept whatever a board says.

Messages come from crashed processes: NUL, lone surrogates and control characters occur, and no database accepts all of
them. They are stored reversibly here and made harmless where they are printed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# A longer message keeps its beginning and its end: a board that prints endlessly must not fill the disk.
LONGEST = 1 << 20
"""Characters of a message that are kept."""

_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_NOT_FINITE = re.compile("NaN|Infinity")
_ESCAPED = re.compile(r"\\(\\|x00|u[0-9a-f]{4})")


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\\":
        return "\\\\"
    return "\\x00" if character == "\x00" else f"\\u{ord(character):04x}"


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return "\\" if code == "\\" else chr(int(code[1:], 16))


def shorten(text: str) -> str:
    """Return `text`; if it is longer than `LONGEST`, its middle is replaced by a note of how much was left out."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def _bound(value: str | None) -> str | None:
    if not value or (len(value) <= LONGEST and value.isalnum()):
        return value
    return _UNSTORABLE.sub(_escape, shorten(value)) if _UNSTORABLE.search(value) else shorten(value)


class RawText(TypeDecorator[str]):
    """Any Python string, read back equal (up to `LONGEST`)."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:  # noqa: ARG002 - SQLAlchemy's signature
        """Escape what databases refuse. Faster than `process_bind_param`, which costs two calls per value."""
        return _bound

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Undo the escaping."""
        return _ESCAPED.sub(_unescape, value) if value is not None and "\\" in value else value


def jsonable(value: Any) -> Any:
    """Return `value` with NaN and infinities as strings, keys as strings, and other objects as their repr."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): jsonable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(part) for part in value]
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    return repr(value)


# one encoder for all: `json.dumps` creates one for each call with options, and results come by the thousand
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_EMPTY: dict[type, str] = {dict: "{}", list: "[]"}


class JsonText(str):
    """Text that is JSON already."""

    __slots__ = ()


def json_text(text: str) -> JsonText:
    """Return JSON text with NaN and infinities as strings, like `to_json`: databases refuse them otherwise."""
    return JsonText(to_json(json.loads(text)) if _NOT_FINITE.search(text) else text)


def to_json(value: object) -> str:
    """Return any value as JSON text in ASCII: one odd detail must not cost a result.

    NaN and infinities become the strings `NaN`, `Infinity`, `-Infinity`; objects that JSON lacks become their repr.
    """
    if type(value) is JsonText:
        return value
    if not value and type(value) in _EMPTY:
        return _EMPTY[type(value)]
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        return json.dumps(jsonable(value), allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps({"unstorable": f"{type(value).__name__}: {error}"})
