"""What a host remembers of its boards between its own runs: which are held, and when each last passed a check.

In a farm, the registry remembers that instead. Backends whose boards are made for each run have nothing to remember.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from farm.board.backends import backend_of
from farm.board.selection import select_boards
from farm.cluster.hosts.expected import own_shortfalls
from farm.cluster.registry.entries import BY_FARM, Hold
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.files import set_aside, write_state
from farm.core.outcome import Outcome
from farm.core.plain_words import reason_of
from farm.core.settings import load_settings
from farm.core.shortfall import Shortfall, held_by, require_releasable
from scheduler.board_state import BoardState, Cause, Transition

if TYPE_CHECKING:
    from farm.board.supervisor import BoardReport

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RememberedBoard:
    """A board of this host.

    Attributes:
        backend: how it is driven.
        kind: the name of its product.
        hold: why it must not be used; None where it may.
        checked: when it last passed a check, Unix time in seconds; None where it never did.
        chips: names of its chips; a hold keeps other boards with some of them from runs, too.
        released: what a person released it from, although it is not as expected.
    """

    backend: str
    kind: str
    hold: Hold | None = None
    checked: float | None = None
    chips: tuple[str, ...] = ()
    released: tuple[Shortfall, ...] = ()


_FILE = TypeAdapter(dict[str, RememberedBoard])


class BoardMemory:
    """This host's boards, in a file of its state folder.

    Attributes:
        path: the file.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or load_settings().state) / "boards.json"

    def boards(self) -> dict[str, RememberedBoard]:
        """All remembered boards, by id. A damaged file is set aside.

        Raises:
            FarmError: the file can't be read.
        """
        try:
            return _FILE.validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError as error:
            with suppress(OSError):
                name = set_aside(self.path).name
                _LOG.warning(
                    "%s was damaged (%s), and is now %s: no board of this host is held",
                    *(self.path, reason_of(error), name),
                )
            return {}
        except OSError as error:
            raise FarmError(
                f"{self.path} can't be read: {reason_of(error)}; correct that, or set FARM_STATE"
            ) from error

    def holds(self) -> dict[str, Hold]:
        """The holds of boards, by id."""
        return {name: board.hold for name, board in self.boards().items() if board.hold is not None}

    def holds_of(self, boards: Iterable[Board]) -> dict[str, Hold]:
        """The holds among some boards, by id: their own, and those of others with some of their chips."""
        held = {name: each for name, each in self.boards().items() if each.hold is not None}
        by_chip = {chip: each.hold for each in held.values() for chip in each.chips}
        holds: dict[str, Hold] = {}
        for board in boards:
            reasons = (held[board.id].hold if board.id in held else None, *map(by_chip.get, board.chips))
            if hold := next(filter(None, reasons), None):
                holds[board.id] = hold
        return holds

    def hold(self, board: Board, why: str, by: str) -> None:
        """Keep a board from all runs."""
        with self._changing() as boards:
            before = boards.get(board.id)
            hold = Hold(why, by, time.time())
            boards[board.id] = replace(before or _new(board), hold=hold, chips=board.chips)

    def release(self, board_id: str) -> None:
        """Let a held board be used again.

        Raises:
            FarmError: it is not held, or lacks what nobody can release it from.
        """
        survey, lacking = own_shortfalls()
        present = {each.board.id: _new(each.board) for each in survey.boards}
        with self._changing() as boards:
            before = boards.get(board_id) or present.get(board_id)
            holding = held_by(lacking, board_id, before.released if before else ())
            require_releasable(board_id, holding)
            if before is None or (before.hold is None and not holding):
                raise FarmError(f"{board_id} is not held on this host; `farm boards` lists its boards")
            boards[board_id] = replace(before, hold=None, released=before.released + holding)

    def check_passed(self, board: Board) -> None:
        """Remember that a board passed its check just now."""
        with self._changing() as boards:
            boards[board.id] = replace(boards.get(board.id) or _new(board), checked=time.time(), chips=board.chips)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, RememberedBoard]]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self.path.with_suffix(".lock"), timeout=10):
                boards = self.boards()
                yield boards
                write_state(self.path, json.dumps({name: asdict(each) for name, each in boards.items()}, indent=1))
        except OSError as error:
            raise NotRunnable(f"can't write to {self.path.parent}: {error.strerror or error}") from error


def _new(board: Board) -> RememberedBoard:
    return RememberedBoard(board.backend, board.kind.name, chips=board.chips)


def _holds_as_expected(
    boards: Iterable[Board], lacking: Collection[Shortfall], remembered: Mapping[str, RememberedBoard]
) -> dict[str, Hold]:
    """The holds of boards of this host that are not as expected, by id.

    Args:
        boards: the boards.
        lacking: what the host lacks.
        remembered: what the host remembers of its boards.
    """
    holding = {board.id: held_by(lacking, board.id, _released(remembered, board.id)) for board in boards}
    return {
        name: Hold("; ".join(each.why for each in reasons), BY_FARM, time.time())
        for name, reasons in holding.items()
        if reasons
    }


def _released(remembered: Mapping[str, RememberedBoard], name: str) -> tuple[Shortfall, ...]:
    return remembered[name].released if name in remembered else ()


def usable_boards(text: str, note: Callable[[str], None]) -> list[Board]:
    """The boards of this host that `--boards` names, without those that are held.

    Args:
        text: the value of `--boards`.
        note: takes a line for each board that is left out.

    Raises:
        FarmError: the text can't be parsed.
        NotRunnable: a board that it names is not there, or all are held.
    """
    memory = BoardMemory()
    holds: dict[str, Hold] = {}
    boards = select_boards(text)
    _, lacking = own_shortfalls(text)
    remembered = memory.boards()
    # others of a count take their place, and may be held, too
    while more := {**_holds_as_expected(boards, lacking, remembered), **memory.holds_of(boards)}:
        holds |= more
        boards = select_boards(text, holds)
    lines = [f"{name} is left out, held by {hold.by}: {hold.why}" for name, hold in holds.items()]
    if not boards:
        own = (name for name, hold in memory.holds().items() if hold in holds.values())
        held = next(own, next(iter(holds)))
        raise NotRunnable(f"{lines[0]}; `farm boards release {held}` once it is well")
    for line in lines:
        note(line)
    return boards


def remember(board: Board, transition: Transition) -> None:
    """Have this host remember a passed check, and hold a board that its supervisor holds.

    A run goes on where that can't be written down: its own store has it too.
    """
    if not backend_of(board).keeps_state:
        return
    with suppress(FarmError):
        if transition.cause is Cause.CHECK_PASSED:
            BoardMemory().check_passed(board)
        elif transition.after is BoardState.HELD and transition.cause is not Cause.CHIP_IN_USE:
            # a chip in use is in the kernel driver's own record, as long as it is
            BoardMemory().hold(board, transition.message, BY_FARM)


def remembering(board: Board, reports: Iterable[BoardReport]) -> Iterator[Outcome]:
    """The outcomes among what a supervisor reports; this host remembers the rest."""
    for report in reports:
        if isinstance(report, Transition):
            remember(board, report)
        else:
            yield report
