"""The boards of this host that `--boards` names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from farm.board.backends import BACKENDS, host_survey
from farm.board.selectors import parse_boards
from farm.core.board import AUTO, Board
from farm.core.errors import NotRunnable

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
        if survey.whole:
            return [board for board in survey.whole if board.id not in held]
        if survey.notes:
            raise NotRunnable(f"this host has devices, but no board: {'; '.join(survey.notes)}")
        return select_boards(DEFAULT_MOCKS, held)
    boards = []
    counts: Counter[tuple[str, str]] = Counter()
    for selector in selectors:
        key = selector.backend, selector.kind.name if selector.kind else ""
        boards += BACKENDS[selector.backend].boards(selector.kind, selector.count, counts[key], held)
        counts[key] += selector.count or 1
    return boards
