"""How deep, long and large traced values may be: the same in every reader, and for everything that is written.

What is beyond a limit is refused by name, or kept as `Lost`. No reader raises `RecursionError`, and none needs more
than linear time.
"""

from __future__ import annotations

from typing import Any

LEVELS = 64
"""Lists, dicts and objects of ttnn that may be around a value. Real calls have fewer than ten."""

TOO_DEEP = f"nested deeper than {LEVELS} levels"

FILE_LEVELS = 4 * LEVELS
"""Lists and objects that may be around anything in JSON: up to three hold one level of values."""

TOO_DEEP_FILE = f"nested deeper than {FILE_LEVELS} levels"

TEXT_LEVELS = LEVELS + 16
"""Brackets that may be around anything in printed text: the innermost object may print some of its own."""

KEPT_LEVELS = 700
"""Lists and objects that may be around anything in JSON that can't be read and is kept as it is."""

LONGEST_TEXT = 1 << 20
"""Characters of printed text that are parsed. The text of an object or a list; plain text may be longer."""

TOO_LONG = f"longer than {LONGEST_TEXT} characters"

LONGEST_KEPT = 1 << 16
"""Characters of a call's printed text by which its configuration is kept, for the next call of the same text."""

LONGEST_ELEMENT = 1 << 27
"""Characters of one element of a capture in JSON: a call with all of its graph has a hundredth of that."""

MOST_TOKENS = 1 << 20
"""Tokens of one operation or alias of MLIR; constants are strings, one token each."""

LONGEST_TOKEN = 1 << 16
"""Characters of one token of MLIR but strings, of which `LONGEST_STRING` are kept."""

LONGEST_STRING = 4096
"""Characters that are kept of a string of MLIR: weights are written as strings of any length."""

MOST_CHIPS = 4096
"""Chips of one mesh."""

MOST_CORES = 4096
"""Cores of one grid."""

MOST_DIMENSIONS = 64
"""Dimensions of a shape. ttnn's operations take up to eight."""


def is_deeper(raw: Any, levels: int) -> bool:
    """Return whether JSON has lists and objects nested deeper than this."""
    layer = [raw] if type(raw) is dict or type(raw) is list else []
    for _ in range(levels):
        layer = [
            part
            for each in layer
            for part in (each.values() if type(each) is dict else each)
            if type(part) is dict or type(part) is list
        ]
        if not layer:
            return False
    return bool(layer)
