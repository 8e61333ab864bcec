"""Which boards to use: `auto`, or a list such as `mock:n300*2,mock:p150`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from farm.board.fake import fake_boards
from farm.board.kinds import KINDS, kind_named
from farm.board.mock import mock_boards
from farm.board.silicon import pci_devices, silicon_boards
from farm.board.sim import sim_boards
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable

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
        silicon = silicon_boards(pci_devices())
        return [board for board in silicon if board.id not in held] if silicon else select_boards(DEFAULT_MOCKS, held)
    boards: list[Board] = []
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
        boards.extend(_of_backend(backend, kind_name, count, held, first=made[backend, kind_name]))
        made[backend, kind_name] += count or 1
    return [board for board in boards if board.id not in held]


def _of_backend(
    backend: str, kind_name: str | None, count: int | None, held: Collection[str], first: int
) -> list[Board]:
    wanted = count or 1
    if backend == "silicon":
        found = silicon_boards(pci_devices(), kind_named(kind_name) if kind_name else None)
        if not found or (count and len(found) < wanted):
            raise NotRunnable(
                f"silicon{':' + kind_name if kind_name else ''}: this host has {len(found)} such boards in "
                f"/dev/tenstorrent, {wanted} wanted; --boards mock:n300 needs none"
            )
        usable = [board for board in found if board.id not in held]
        return usable[:wanted] if count else usable
    if kind_name is None:
        raise FarmError(f"--boards {backend}: say which kind, {backend}:n300; kinds are {', '.join(KINDS)}")
    kind = kind_named(kind_name)
    if backend == "mock":
        return mock_boards(kind, wanted, first)
    if backend == "fake":
        return fake_boards(kind, wanted, first)
    if backend == "sim":
        return sim_boards(kind, wanted)
    raise FarmError(f"--boards {backend}:{kind_name}: no backend {backend!r}; there are silicon, sim, mock and fake")
