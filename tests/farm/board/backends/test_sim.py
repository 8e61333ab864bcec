"""Simulated boards: which simulator they use."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.backends.sim import SIMULATOR_VARIABLE, simulator
from farm.board.kinds import KINDS
from farm.board.selection import select_boards
from farm.core.errors import NotRunnable


def test_a_simulator_is_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotRunnable, match="TT_METAL_SIMULATOR"):
        simulator(KINDS["n150"], {})
    library = tmp_path / "libttsim.so"
    monkeypatch.setenv(SIMULATOR_VARIABLE, str(library))
    with pytest.raises(NotRunnable, match="libttsim.so is not there"):
        select_boards("sim:n150")
    library.touch()
    (tmp_path / "soc_descriptor.yaml").touch()
    boards = select_boards("sim:n150,sim:n150")
    assert [board.id for board in boards] == ["sim:n150:0", "sim:n150:1"]
    assert boards[0].environment == {
        SIMULATOR_VARIABLE: str(library),
        "TT_METAL_SLOW_DISPATCH_MODE": "1",
        "TT_METAL_DISABLE_SFPLOADMACRO": "1",
    }
    monkeypatch.setenv("TT_METAL_DISABLE_SFPLOADMACRO", "0")
    assert select_boards("sim:n150")[0].environment["TT_METAL_DISABLE_SFPLOADMACRO"] == "0", "the user's own is kept"
    assert boards[0].computes
