"""What a host remembers of its boards from one run of its own to the next: which are held, which passed a check when.

A farm's boards are its registry's to remember. Mocks are made anew for each run: nothing is remembered of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from farm.board.backends import backend_of
from farm.board.selection import select_boards
from farm.board.supervisor import BoardReport
from farm.cluster.registry.registry import BY_FARM, Hold
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.files import write_atomically
from farm.core.outcome import Outcome
from farm.core.settings import load_settings
from scheduler.board_state import BoardState, Cause, Transition


@dataclass(frozen=True, slots=True)
class Remembered:
    """A board of this host.

    Attributes:
        backend, kind: what it is.
        hold: why nobody is to use it; None where someone may.
        checked: when it last passed a check, Unix time in seconds.
    """

    backend: str
    kind: str
    hold: Hold | None = None
    checked: float | None = None


_FILE = TypeAdapter(dict[str, Remembered])


class Memory:
    """A host's boards, in a file of its state folder.

    Attributes:
        path: the file.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or load_settings().state) / "boards.json"

    def boards(self) -> dict[str, Remembered]:
        """All that are remembered, by id.

        Raises:
            FarmError: the file can't be read.
        """
        try:
            return _FILE.validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            told = str(error).splitlines()[0]
            raise FarmError(f"{self.path} can't be read: {told}; remove it if no board is to be held") from error

    def held(self) -> dict[str, Hold]:
        """Why boards are held, by id."""
        return {name: board.hold for name, board in self.boards().items() if board.hold is not None}

    def hold(self, board: Board, why: str, by: str) -> None:
        """Keeps a board from all runs."""
        with self._changing() as boards:
            before = boards.get(board.id)
            hold = Hold(why, by, time.time())
            boards[board.id] = Remembered(board.backend, board.kind.name, hold, before.checked if before else None)

    def release(self, name: str) -> None:
        """Lets a board be used again.

        Raises:
            FarmError: it is not held.
        """
        with self._changing() as boards:
            before = boards.get(name)
            if before is None or before.hold is None:
                raise FarmError(f"{name} is not held on this host")
            boards[name] = Remembered(before.backend, before.kind, None, before.checked)

    def passed(self, board: Board) -> None:
        """A board passed its check."""
        with self._changing() as boards:
            before = boards.get(board.id)
            boards[board.id] = Remembered(board.backend, board.kind.name, before.hold if before else None, time.time())

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Remembered]]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self.path.with_suffix(".lock"), timeout=10):
                boards = self.boards()
                yield boards
                write_atomically(self.path, json.dumps({name: asdict(each) for name, each in boards.items()}, indent=1))
        except OSError as error:
            raise NotRunnable(f"can't write to {self.path.parent}: {error.strerror or error}") from error


def usable_boards(text: str, note: Callable[[str], None]) -> list[Board]:
    """The boards of this host that `--boards` names, without those that are held, which are noted.

    Raises:
        FarmError: the text doesn't read as a selection.
        NotRunnable: what it names is not there, or is held.
    """
    held = Memory().held()
    if not held:
        return select_boards(text)
    left_out = [board.id for board in select_boards(text) if board.id in held]
    told = [f"{name} is left out, held by {held[name].by}: {held[name].why}" for name in left_out]
    usable = select_boards(text, held)
    if not usable:
        raise NotRunnable(f"{told[0]}; `farm boards release {left_out[0]}` once it is well")
    for line in told:
        note(line)
    return usable


def remember(board: Board, transition: Transition) -> None:
    """Have this host remember a passed check, and hold a board that its supervisor holds.

    A run goes on where that can't be written down: its own store has it too.
    """
    if not backend_of(board).keeps_state:
        return
    with suppress(FarmError):
        if transition.cause is Cause.CHECK_PASSED:
            Memory().passed(board)
        elif transition.after is BoardState.HELD:
            Memory().hold(board, transition.message, BY_FARM)


def remembering(board: Board, reports: Iterable[BoardReport]) -> Iterator[Outcome]:
    """The outcomes among what a supervisor reports; this host remembers the rest."""
    for report in reports:
        if isinstance(report, Transition):
            remember(board, report)
        else:
            yield report
