"""The boards of this host that `--boards` names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress

from farm.board.backends import BACKENDS, host_survey
from farm.board.parts import Part, partitions
from farm.board.selectors import BoardSelector, parse_boards
from farm.core.board import AUTO, Board, BoardKind
from farm.core.errors import FarmError, NotRunnable

DEFAULT_MOCKS = "mock:n300*2"
"""The boards of `auto` on a host that has none."""


def select_boards(text: str = AUTO, held: Collection[str] = ()) -> list[Board]:
    """The boards that a text names.

    `auto` is the host's silicon if there is any, otherwise two mock n300. In a list (see `farm.board.selectors`), only
    silicon may leave out `:KIND`.

    Args:
        text: the value of `--boards`.
        held: ids of boards that are left out.

    Raises:
        FarmError: the text can't be parsed, or names an unknown backend or kind.
        NotRunnable: a board that it names is not there.
    """
    selectors = parse_boards(text)
    if not selectors:
        survey = host_survey()
        if survey.usable:
            return [board for board in survey.usable if board.id not in held]
        if survey.notes:
            raise NotRunnable(f"this host has devices, but no board: {'; '.join(survey.notes)}")
        return select_boards(DEFAULT_MOCKS, held)
    boards: list[Board] = []
    counts: Counter[tuple[str, str]] = Counter()
    for selector in selectors:
        key = selector.backend, str(selector.part or (selector.kind.name if selector.kind else ""))
        if selector.carves and selector.kind is not None:
            more = _carved(selector, selector.kind, counts[key], held)
        else:
            backend = BACKENDS[selector.backend]
            more = backend.boards(selector.kind, selector.count, counts[key], held, part=selector.part)
        _require_disjoint(text, boards, more)
        boards += more
        counts[key] += selector.count or (len(selector.part.way.places) if selector.part else 1)
    return boards


def _carved(selector: BoardSelector, box: BoardKind, first: int, held: Collection[str]) -> list[Board]:
    """A box and all the parts that it can be split into, as far as they are whole and no chip of them is held.

    Raises:
        NotRunnable: nothing of it is there.
    """
    backend = BACKENDS[selector.backend]
    boards: list[Board] = []
    missing = None
    try:
        boards += backend.boards(box, selector.count, first)
    except NotRunnable as error:  # trays may be there although the box isn't whole
        missing = error
    for way in partitions(box):
        size = len(way.places)
        count = selector.count * size if selector.count else None
        with suppress(NotRunnable):
            boards += backend.boards(way.kind, count, first * size, part=Part(box, way))
    if not boards and missing:
        raise missing
    kept = [board for board in boards if board.id in held]
    return [board for board in boards if board.id not in held and not any(map(board.shares_chips, kept))]


def _require_disjoint(text: str, boards: Iterable[Board], more: Iterable[Board]) -> None:
    """Refuse two entries that name the same chips.

    Raises:
        FarmError: they do.
    """
    for one in boards:
        for other in more:
            if one.id == other.id or one.shares_chips(other):
                raise FarmError(f"--boards {text}: {one.id} and {other.id} have the same chips: name them once")
