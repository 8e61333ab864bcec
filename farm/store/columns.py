"""Column types that take whatever a board says.

Messages come from crashed processes: NUL, lone surrogates and control characters occur, and no database takes all of
them. They are stored reversibly here, and made harmless only where they are printed.
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

# A message longer than this keeps its beginning and its end: a board that prints without end must not fill the disk.
LONGEST = 1 << 20

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
    """Cuts the middle out of a text that is longer than `LONGEST`, and says how much."""
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
        """Escapes what databases refuse. Not `process_bind_param`, whose two calls per value are most of its cost."""
        return _bound

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Undoes the escaping."""
        return _ESCAPED.sub(_unescape, value) if value is not None and "\\" in value else value


def jsonable(value: Any) -> Any:
    """`value` with NaN and infinities as strings, keys as strings, and foreign objects by their repr."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): jsonable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(part) for part in value]
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    return repr(value)


# made once: `json.dumps` makes a new encoder for each call that isn't all defaults, and results come by thousands
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_EMPTY: dict[type, str] = {dict: "{}", list: "[]"}


class JsonText(str):
    """JSON, written already."""

    __slots__ = ()


def json_text(text: str) -> JsonText:
    """JSON text, with NaN and infinities as `to_json` has them: no database takes them otherwise."""
    return JsonText(to_json(json.loads(text)) if _NOT_FINITE.search(text) else text)


def to_json(value: object) -> str:
    """JSON text in ASCII of anything, so that one odd detail never costs a result.

    NaN and infinities become the strings `NaN`, `Infinity`, `-Infinity`; what is no JSON becomes its repr.
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
