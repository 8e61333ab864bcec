"""Silicon: finding a host's boards by what the driver says."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.backends.silicon import PciDevice, Silicon, pci_devices, silicon_boards
from farm.board.kinds import KINDS
from farm.core.errors import FarmError, NotRunnable


def test_only_numbered_entries_are_devices(tmp_path: Path) -> None:
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


def test_every_card_name_of_the_driver_is_read() -> None:
    """The names are those that tt-kmd 2.x prints as `tt_card_type`."""
    singles = ["n150", "n300", "p100", "p100a", "p150", "p150a", "p150b", "p150c"]
    assert [
        board.kind.name
        for board in silicon_boards([PciDevice("0000:01:00.0", card) for card in singles], environment={})
    ] == [
        "n150",
        "n300",
        *["p100"] * 2,
        *["p150"] * 4,
    ]
    for card in ["p300", "p300a", "p300b", "p300c"]:
        pair = [PciDevice(f"0000:0{number}:00.0", card) for number in range(2)]
        assert [board.kind.name for board in silicon_boards(pair, environment={})] == ["p300"]
    chips = [PciDevice(f"0000:{number:02x}:00.0", "galaxy-wormhole") for number in range(32)]
    (galaxy,) = silicon_boards(chips, environment={})
    assert galaxy.kind is KINDS["galaxy"]
    assert len(Silicon().addresses(galaxy)) == 32
    with pytest.raises(NotRunnable, match="'galaxy-grendel', a product that farm doesn't know"):
        silicon_boards([PciDevice("0000:01:00.0", "galaxy-grendel")], environment={})


def test_a_box_may_be_named_by_its_kind() -> None:
    four = [PciDevice(f"0000:0{number}:00.0", "n300") for number in range(4)]
    assert [board.kind.name for board in silicon_boards(four, KINDS["t3000"], {})] == ["t3000"]
    assert silicon_boards(four[:3], KINDS["t3000"], {}) == []
