"""Every error that farm raises on purpose, and the exit code each ends a command with.

* FarmError (2: usage)
  * NothingSelected (4): the selection holds no vector
  * NotRunnable (3): something needed to run is not here: ttnn, a board, a host
  * StoreError (3): the results store can't be read or written
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit code says."""

    GOOD = 0
    TEST_FAILED = 1
    USAGE = 2
    NOT_RUN = 3
    NOTHING_SELECTED = 4
    INTERRUPTED = 130
    """Ctrl-C ended the command at once; shells expect this number."""


class FarmError(Exception):
    """Base of farm's errors; its text is one line that says what is wrong, where, and what to do."""

    exit_code = ExitCode.USAGE


class NothingSelected(FarmError):  # noqa: N818 - it names the finding, as LookupError does
    """The selection holds no vector: running it would say nothing."""

    exit_code = ExitCode.NOTHING_SELECTED


class NotRunnable(FarmError):  # noqa: N818 - see NothingSelected
    """Something that running needs is not here: ttnn for this Python, a board, a host."""

    exit_code = ExitCode.NOT_RUN


class StoreError(FarmError):
    """The results store can't be opened, read or written."""

    exit_code = ExitCode.NOT_RUN
