"""Choosing boards by text, and finding a host's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.kinds import KINDS, kind_named
from farm.board.selection import select_boards
from farm.board.silicon import PciDevice, pci_devices, silicon_boards
from farm.board.sim import sim_boards
from farm.core.errors import FarmError, NotRunnable


def test_a_list_of_mocks() -> None:
    boards = select_boards("mock:n300*2,mock:p150,mock:n300")
    assert [board.id for board in boards] == ["mock:n300:0", "mock:n300:1", "mock:p150:0", "mock:n300:2"]
    assert not any(board.computes for board in boards)


def test_auto_is_mock_where_there_is_no_silicon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("farm.board.selection.pci_devices", list)
    assert {board.backend for board in select_boards("auto")} == {"mock"}
    monkeypatch.setattr("farm.board.selection.pci_devices", lambda: [PciDevice("0000:61:00.0", "n150")])
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    assert [(board.backend, board.kind.name) for board in select_boards("auto")] == [("silicon", "n150")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mock:n3000", "did you mean n300"),
        ("mock", "say which kind"),
        ("mock:n300*0", "1 to 1024"),
        ("mock:n300*99999", "1 to 1024"),
        ("", "is not auto or backend:kind"),
        ("mock:n300,,", "is not auto or backend:kind"),
        ("mock:n300;rm -rf", "is not auto or backend:kind"),
        ("tape:n300", "no backend 'tape'"),
    ],
)
def test_what_doesn_t_read_is_named(text: str, told: str) -> None:
    with pytest.raises(FarmError, match=told):
        select_boards(text)


def test_silicon_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farm.board.selection.pci_devices", list)
    with pytest.raises(NotRunnable, match="this host has 0"):
        select_boards("silicon")


def test_kinds_have_the_names_people_use() -> None:
    assert kind_named("N300") is KINDS["n300"]
    assert kind_named("p150b") is KINDS["p150"]
    assert kind_named("t3k") is KINDS["t3000"]
    assert kind_named("tt-galaxy-wh") is KINDS["galaxy"]


def test_devices_are_the_numbered_entries(tmp_path: Path) -> None:
    devices, sysfs = tmp_path / "dev", tmp_path / "sys"
    (devices / "by-id").mkdir(parents=True)
    for number, (address, card) in enumerate([("0000:c1:00.0", "n150"), ("0000:61:00.0", "n300")]):
        (devices / str(number)).touch()
        node = sysfs / f"tenstorrent!{number}"
        node.mkdir(parents=True)
        (tmp_path / "pci" / address).mkdir(parents=True)
        (node / "device").symlink_to(tmp_path / "pci" / address)
        (node / "tt_card_type").write_text(card + "\n")
    assert pci_devices(devices, sysfs) == [PciDevice("0000:61:00.0", "n300"), PciDevice("0000:c1:00.0", "n150")]
    (devices / "2").touch()
    with pytest.raises(NotRunnable, match="has no PCI address"):
        pci_devices(devices, sysfs)
    assert pci_devices(tmp_path / "none", sysfs) == []


def test_cards_become_boards() -> None:
    four = [PciDevice(f"0000:0{n}:00.0", "n300") for n in range(4)]
    whole = silicon_boards(four, environment={})
    assert [board.kind.name for board in whole] == ["t3000"]
    assert whole[0].environment["TT_VISIBLE_DEVICES"] == ",".join(device.address for device in four)
    assert len(silicon_boards(four, KINDS["n300"], environment={})) == 4
    pair = [PciDevice("0000:01:00.0", "p300"), PciDevice("0000:02:00.0", "p300")]
    assert [board.environment["TT_VISIBLE_DEVICES"] for board in silicon_boards(pair, environment={})] == [
        "0000:01:00.0,0000:02:00.0"
    ]
    assert [board.kind.name for board in silicon_boards(four, environment={"TT_VISIBLE_DEVICES": "0000:02"})] == [
        "n300"
    ]
    with pytest.raises(FarmError, match="give PCI addresses"):
        silicon_boards(four, environment={"TT_VISIBLE_DEVICES": "0,1"})
    with pytest.raises(NotRunnable, match="doesn't say which card"):
        silicon_boards([PciDevice("0000:01:00.0", "")], environment={})


def test_a_simulator_is_named_by_the_environment(tmp_path: Path) -> None:
    with pytest.raises(NotRunnable, match="TT_METAL_SIMULATOR"):
        sim_boards(KINDS["n150"], 1, {})
    library = tmp_path / "libttsim.so"
    with pytest.raises(NotRunnable, match="libttsim.so is not there"):
        sim_boards(KINDS["n150"], 1, {"TT_METAL_SIMULATOR": str(library)})
    library.touch()
    (tmp_path / "soc_descriptor.yaml").touch()
    (board,) = sim_boards(KINDS["n150"], 1, {"TT_METAL_SIMULATOR": str(library)})
    assert board.environment["TT_METAL_SLOW_DISPATCH_MODE"] == "1"
    assert board.computes
