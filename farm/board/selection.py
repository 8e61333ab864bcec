"""Which boards to use: `auto`, or a list such as `mock:n300*2,mock:p150`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from farm.board.backends import backend_named, discovered_boards
from farm.board.kinds import kind_named
from farm.core.board import Board
from farm.core.errors import FarmError

AUTO = "auto"
DEFAULT_MOCKS = "mock:n300*2"
"""What `auto` means on a host without boards."""
MOST = 1024

_ENTRY = re.compile(r"(?P<backend>[a-z]+)(:(?P<kind>[A-Za-z0-9-]+))?(\*(?P<count>[0-9]{1,9}))?")


def select_boards(text: str = AUTO, held: Collection[str] = ()) -> list[Board]:
    """The boards that `text` names.

    `auto` is the host's silicon where there is any, else two mock n300. Otherwise a comma-separated list of
    `backend:kind*count`, where backend is silicon, sim, mock or fake, and `:kind` may be left out for silicon. Boards
    whose ids are in `held` are left out.

    Raises:
        FarmError: the text doesn't read as such a list, or names an unknown kind.
        NotRunnable: what it names is not there.
    """
    if text.strip() == AUTO:
        boards = discovered_boards()
        return [board for board in boards if board.id not in held] if boards else select_boards(DEFAULT_MOCKS, held)
    boards = []
    made: Counter[tuple[str, str | None]] = Counter()
    for entry in text.split(","):
        match = _ENTRY.fullmatch(entry.strip())
        if match is None:
            raise FarmError(
                f"--boards {text}: {entry.strip()!r} is not auto or backend:kind*count, such as mock:n300*2"
            )
        backend, kind_name = match["backend"], match["kind"]
        count = int(match["count"]) if match["count"] else None
        if count is not None and not 1 <= count <= MOST:
            raise FarmError(f"--boards {text}: {count} boards of one kind; give 1 to {MOST}")
        kind = kind_named(kind_name) if kind_name else None
        boards += backend_named(backend).boards(kind, count, made[backend, kind_name], held)
        made[backend, kind_name] += count or 1
    return boards
