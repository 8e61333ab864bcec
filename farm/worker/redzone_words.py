"""The pattern of redzones, and what changed in it. Pure: words in, damage out."""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD = 4
"""Bytes of a word."""


@functools.lru_cache(maxsize=64)
def pattern(lanes: tuple[int, ...], words: int, start: int = 0) -> NDArray[np.uint32]:
    """The words of a redzone: a row for each lane, which is a bank or a core.

    Each word is two NaNs as bfloat16 and one as float32, so that no output can be taken for right where it was not
    written. It depends on its place, so that words that were copied from another place show, too.

    Args:
        lanes: the numbers of the lanes.
        words: the number of words of each.
        start: the place of the first word.
    """
    place = np.arange(start, start + words, dtype=np.uint32)
    lane = np.array(lanes, dtype=np.uint32)[:, None]
    filled = (0x7FC07FC0 | place & 0x3F | (place >> 6 ^ lane) % 64 << 16).astype(np.uint32)
    filled.flags.writeable = False
    return filled


@dataclass(frozen=True, slots=True)
class Damage:
    """What changed in a redzone on one chip.

    Attributes:
        count: the number of words that changed.
        first, last: the places of the first and of the last of them in a lane, in words.
        row: the row of the first one.
        held, holds: what that one held, and what it holds.
    """

    count: int
    first: int
    last: int
    row: int
    held: int
    holds: int


def damage(
    expected: NDArray[np.uint32], words: NDArray[np.uint32], rows: Collection[int] | None = None
) -> Damage | None:
    """What changed in the words of a redzone; None where nothing did.

    Args:
        expected: what it held, a row for each lane.
        words: what it holds.
        rows: the rows that count; all if None.
    """
    changed = expected != words
    if rows is not None:
        changed[[row for row in range(len(changed)) if row not in rows]] = False
    if not changed.any():
        return None
    places = np.flatnonzero(changed.any(axis=0))
    first = int(places[0])
    row = int(np.argmax(changed[:, first]))
    return Damage(
        count=int(np.count_nonzero(changed)),
        first=first,
        last=int(places[-1]),
        row=row,
        held=int(expected[row, first]),
        holds=int(words[row, first]),
    )
