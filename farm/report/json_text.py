"""JSON text that every reader accepts: UTF-8, no NaN, no lone surrogates."""

from __future__ import annotations

import json
import re

from farm.store.columns import jsonable

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def json_text(value: object) -> str:
    """Return `value` as indented JSON; NaN and infinities are strings."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
    except ValueError:
        text = json.dumps(jsonable(value), ensure_ascii=False, indent=1)
    # A lone surrogate can't be written as UTF-8, and most JSON readers refuse its escape: it is spelled out.
    return _LONE_SURROGATE.sub(lambda match: f"\\\\u{ord(match[0]):04x}", text) + "\n"
