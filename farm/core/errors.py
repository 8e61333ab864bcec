"""The errors that farm raises on purpose, and the exit code with which each ends a command.

* FarmError (2: usage)
  * WrongValue (2): an option's value is of the wrong type or out of range
  * NothingSelected (4): the selection holds no vector
  * NotRunnable (3): something that is needed to run is missing: ttnn, a board, a host
  * StoreError (3): the results store can't be read or written
    * StoreAway (3): it can't be used now, and a later try may succeed
    * RowRefused (3): it refuses a row, whatever else it is doing
  * LeaseLost (3): another driver drives the run now

`WorkerInterrupted` is none of these: it ends a worker. `farm.versions.errors` has those of getting a ttnn,
`farm.sweeps.errors` those of sweep modules.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command."""

    GOOD = 0
    TEST_FAILED = 1
    USAGE = 2
    NOT_RUN = 3
    NOTHING_SELECTED = 4
    INTERRUPTED = 130
    """Ctrl-C ended the command at once; shells expect this number."""


class WorkerInterrupted(KeyboardInterrupt):
    """SIGINT came to a worker: it releases the board and ends. A `KeyboardInterrupt` is one that a module raised."""


class FarmError(Exception):
    """The base of farm's errors; its text is one line that says what is wrong, where, and what to do next."""

    exit_code = ExitCode.USAGE


class NothingSelected(FarmError):  # noqa: N818 - it names what happened, as StopIteration does
    """The selection contains no vector, so there is nothing to run."""

    exit_code = ExitCode.NOTHING_SELECTED


class WrongValue(FarmError):  # noqa: N818 - it names what is wrong, as NothingSelected does
    """An option's value is of the wrong type or out of range.

    Attributes:
        field: the field of `SweepSpec`.
        value: its value.
        advice: what to give instead.
    """

    def __init__(self, field: str, value: object, advice: str) -> None:
        super().__init__(f"{field}={value!r}: {advice}")
        self.field = field
        self.value = value
        self.advice = advice


class NotRunnable(FarmError):  # noqa: N818 - see NothingSelected
    """Something that is needed to run is missing: ttnn for this Python, a board, a host."""

    exit_code = ExitCode.NOT_RUN


class StoreError(FarmError):
    """The results store can't be opened, read or written."""

    exit_code = ExitCode.NOT_RUN


class StoreAway(StoreError):  # noqa: N818 - see NothingSelected
    """The results store can't be used now: it is locked, full, restarting or unreachable. A later try may succeed."""


class RowRefused(StoreError):  # noqa: N818 - see NothingSelected
    """The results store refuses a row, and would refuse it again."""


class LeaseLost(FarmError):  # noqa: N818 - see NothingSelected
    """Another driver has taken a run over: the one that drove it writes nothing more, and ends."""

    exit_code = ExitCode.NOT_RUN
