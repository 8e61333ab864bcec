"""What this process prints itself, whatever a module has put in place of `sys.stderr` or of functions of `os`."""

from __future__ import annotations

import os
from contextlib import suppress

from farm.core.output_marks import encode_mark

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2
"""The file descriptors, whatever `sys.stdout` and `sys.stderr` are."""
_write = os.write


def complain(problem: str) -> None:
    """Print a problem, where the supervisor looks for the reasons of an end."""
    with suppress(OSError):  # a module may have closed every descriptor
        _write(STANDARD_ERROR, f"{problem}\n".encode(errors="backslashreplace"))


class OutputMarks:
    """Writes marks between vectors, to the output that this process was started with; see `farm.core.output_marks`.

    A module may redirect its own output.
    """

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
            _write(self._output, encode_mark(self._number))
        return self._number
