"""The registry of backends: every question about a backend is answered by its object."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import farm
from farm.board.backends import BACKENDS, Backend, backend_named, backend_of
from farm.board.backends.mock import Mock
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.selection import select_boards
from farm.board.signals import QUICK_LADDER, SignalLadder
from farm.core.board import Board
from farm.core.errors import FarmError

# a comparison of a backend's name with a word
_BY_NAME = re.compile(r"""backend\s*(==|!=|in \(|not in \()\s*["'][a-z]""")


def test_no_other_code_asks_for_a_backend_by_its_name() -> None:
    sources = Path(farm.__file__).parent.rglob("*.py")
    assert [path for path in sources if _BY_NAME.search(path.read_text(encoding="utf-8"))] == []


def test_a_backend_is_found_by_its_board_and_by_its_name() -> None:
    for name, backend in BACKENDS.items():
        assert backend_named(name) is backend
        assert backend_of(Board("it", name, KINDS["n300"])) is backend
    with pytest.raises(FarmError, match="no backend 'tape'; there are silicon, sim, mock and fake"):
        backend_named("tape")


def test_a_new_backend_is_one_registry_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tape(Mock):
        name = "tape"

    monkeypatch.setitem(BACKENDS, Tape.name, Tape())
    boards = select_boards("tape:n300*2")
    assert [(board.id, board.backend) for board in boards] == [("tape:n300:0", "tape"), ("tape:n300:1", "tape")]


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=lambda backend: backend.name)
def test_processes_without_a_device_end_quickly(backend: Backend) -> None:
    board = Board("it", backend.name, KINDS["n300"])
    ladder = Limits(ladder=SignalLadder(interrupt=99.0)).deadlines(board).ladder
    assert (ladder == QUICK_LADDER) is (not backend.compiles_kernels)
