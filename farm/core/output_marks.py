"""The marks that a worker writes into its output, so that its supervisor knows what a vector printed."""

from __future__ import annotations

MARK_EDGE = b"\x1e"
"""The first and last byte of a mark: ASCII's record separator, which texts don't have."""
MARK = rb"\x1efarm-mark:(\d{1,18})\x1e"
"""A regular expression for a mark; its group is the mark's number."""
LONGEST_MARK = len(b"\x1efarm-mark:\x1e") + 18


def encode_mark(number: int) -> bytes:
    """A mark. It is short enough for a pipe to take it in one piece, whatever other processes write."""
    return b"\x1efarm-mark:%d\x1e" % number
