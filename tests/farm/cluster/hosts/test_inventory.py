"""What a host offers to a farm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from farm.board.backends import silicon
from farm.board.discovery.facts import PciDevice
from farm.board.expectation import Expectation
from farm.cluster.hosts.inventory import take_inventory
from farm.core.errors import NotRunnable
from tests.farm.board.discovery.hosts import galaxy, put_tt_smi


def test_boards_have_the_hosts_name_and_a_resource_each() -> None:
    inventory = take_inventory("fake:n300*2", "alpha", None)
    assert [board.id for board in inventory.boards] == ["alpha:fake:n300:0", "alpha:fake:n300:1"]
    assert all(board.host == "alpha" and board.python == sys.executable for board in inventory.boards)
    assert inventory.resources() == {"board:alpha:fake:n300:0": 1, "board:alpha:fake:n300:1": 1}
    assert inventory.labels("alpha") == {"farm-host": "alpha", "farm-kind": "n300", "farm-arch": "wormhole_b0"}
    assert take_inventory("none", "alpha", None).boards == ()


def test_a_host_that_lacks_boards_offers_the_others() -> None:
    inventory = take_inventory("fake:n300*3", "a", None, Expectation.parse("n300*4"))
    assert len(inventory.boards) == 3
    [shortfall] = inventory.shortfalls
    assert shortfall.line("a") == "a: n300: not as expected: the host has 3 n300; expected: 4 n300"
    assert shortfall.boards == ()
    assert inventory.survey[0].startswith("n300 a:fake:n300:0: --boards names it")
    assert take_inventory("fake:n300*4", "a", None, Expectation.parse("n300*4")).shortfalls == ()


@pytest.mark.parametrize("boards", ["auto", "silicon:galaxy", "silicon"])
def test_a_galaxy_that_came_up_with_16_chips_is_offered_as_held(
    boards: str, monkeypatch: pytest.MonkeyPatch, fake_programs: Path
) -> None:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    (fake_programs / "tt_umd.py").write_text("raise ModuleNotFoundError('tt_umd')\n")
    put_tt_smi(fake_programs, "")
    half = galaxy(16)
    monkeypatch.setattr(silicon, "pci_devices", lambda *_: [PciDevice(card.address, card.card) for card in half])
    inventory = take_inventory(boards, "lab1", None, Expectation.parse("galaxy"))
    [board] = inventory.boards
    assert board.host == "lab1"
    assert [(each.present, each.boards) for each in inventory.shortfalls] == [("16 of 32 chips", (board.id,))]
    assert not any("galaxy" in note for note in inventory.notes)
    with pytest.raises(NotRunnable, match="silicon:n300: this host has 0 such boards"):
        take_inventory("silicon:n300", "lab1", None)
