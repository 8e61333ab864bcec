"""Marks in this process's output between vectors; see `farm.core.output_marks`."""

from __future__ import annotations

import os
from contextlib import suppress

from farm.core.output_marks import encode_mark


class OutputMarks:
    """Writes marks to the output that this process was started with, wherever a module redirects its own."""

    def __init__(self, output: int | None) -> None:
        """Begin.

        Args:
            output: the descriptor of standard output; None at a terminal, where nobody looks for marks.
        """
        self._output = None if output is None else os.dup(output)
        self._number = 0

    def relocate(self, output: int) -> None:
        """Write marks to another output from now on."""
        if self._output is not None:
            with suppress(OSError):
                os.dup2(output, self._output, inheritable=False)

    def mark(self) -> int:
        """Write a mark, and return its number; 0 at a terminal."""
        if self._output is None:
            return 0
        self._number += 1
        with suppress(OSError):  # a module may have closed every descriptor
            os.write(self._output, encode_mark(self._number))
        return self._number
