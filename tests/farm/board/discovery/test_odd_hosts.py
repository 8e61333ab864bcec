"""Hosts that are not as they should be: no device of theirs costs another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.farm.board.discovery.hosts import put_tt_smi
from tests.farm.board.host_tree import HostTree


@pytest.fixture
def host(tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch) -> HostTree:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    put_tt_smi(fake_programs, "")
    return HostTree(tmp_path / "host")


def kinds_of(host: HostTree) -> list[str]:
    survey = host.backend.survey()
    assert [each.group.missing for each in survey.boards] == [""] * len(survey.boards)
    return [board.kind.name for board in survey.whole]


@pytest.mark.parametrize(
    ("cards", "kinds", "unknown"),
    [
        (["p150a", "p150a", "p150b", "p150b"], ["p150"] * 4, 0),
        (["p150a", "n300", "p100a", "n150"], ["p150", "n300", "p100", "n150"], 0),
        (["p300c"] * 2, ["p300"], 0),
        (["p300a", "p300a", "p300c", "p300c"], ["p300"] * 2, 0),
        (["p300c"] * 4, ["p300"] * 2, 0),
        (["n300", "n300", "unknown"], ["n300"] * 2, 1),
        (["n300", "n300", "unknown", "n300", "n300"], ["t3000"], 1),
        (["", "p150b", "", "p150b"], ["p150"] * 2, 2),
        (["galaxy-wormhole"] * 32 + ["n150"], ["galaxy", "n150"], 0),
        (["N300", " n300 ", "n300\0", "n300\n\0"], ["t3000"], 0),
        (["P150B", "p150b"], ["p150"] * 2, 0),
        (["n150\0garbage", "n150"], ["n150"], 1),
    ],
)
def test_cards_of_every_mix_are_boards(cards: list[str], kinds: list[str], unknown: int, host: HostTree) -> None:
    for number, card in enumerate(cards):
        host.add_chip(number, f"0000:{number + 1:02x}:00.0", card)
    assert kinds_of(host) == kinds
    assert len(host.backend.survey().unknown) == unknown


def test_numbers_with_gaps_and_out_of_order_are_devices(host: HostTree) -> None:
    for number, address in ((17, "0000:01:00.0"), (3, "0000:21:00.0"), (0, "0001:01:00.0")):
        host.add_chip(number, address, "n300")
    survey = host.backend.survey()
    assert [each.group.addresses for each in survey.boards] == [("0000:01:00.0",), ("0000:21:00.0",), ("0001:01:00.0",)]


def test_a_driver_that_is_half_loaded_costs_no_other_card(host: HostTree) -> None:
    host.add_chip(0, "0000:01:00.0", "n300")
    host.add_chip(1, "0000:02:00.0", "n150")
    (host.sysfs / "tenstorrent!1" / "tt_card_type").unlink()
    host.add_chip(2, "0000:03:00.0", "n150")
    (host.sysfs / "tenstorrent!2" / "device").unlink()
    host.add_chip(3, "0000:04:00.0", "n150")
    (host.sysfs / "tenstorrent!3" / "tt_card_type").unlink()
    (host.sysfs / "tenstorrent!3" / "tt_card_type").mkdir()  # it can't be read
    host.device(4).touch()  # with nothing in sysfs
    (host.sysfs / "tenstorrent!9").mkdir()  # with no device
    (host.sysfs / "version").touch()
    (host.devices / "by-id").mkdir()
    assert kinds_of(host) == ["n300"]
    names = [card.name for card in host.backend.survey().unknown]
    assert names == ["/dev/tenstorrent/2", "/dev/tenstorrent/4", "0000:02:00.0", "0000:04:00.0"]
