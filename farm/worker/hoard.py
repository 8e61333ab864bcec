"""Memory that finished vectors left in this process. It must not be charged to the next vector."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
from contextlib import suppress

PART = 0.5
"""The part of what the process may use, above what it uses itself, that finished vectors may leave in it."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Hoard:
    """Tells when finished vectors have left so much memory in this process that a new one must replace it."""

    def __init__(self, share: int | None) -> None:
        """Begin, before the first vector.

        Args:
            share: bytes that the process may use; None if that is not limited.
        """
        base = _resident()
        self._limit = None if share is None else base + int(max(0, share - base) * PART)

    def is_too_large(self) -> bool:
        """Whether too much memory is left, even after garbage is freed."""
        # the peak costs a microsecond to read, and says that nothing is wrong nearly always
        if self._limit is None or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10 < self._limit:
            return False
        if _resident() < self._limit:
            return False
        gc.collect()
        with suppress(OSError, AttributeError):  # only glibc has it
            ctypes.CDLL(None).malloc_trim(0)
        return _resident() >= self._limit


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - half the time, between two vectors
        return int(file.read().split()[1]) * _PAGE
